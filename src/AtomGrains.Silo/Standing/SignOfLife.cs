using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;

namespace AtomGrains.Silo.Standing;

/// <summary>
/// Keeps this silo's sign of life in the membership fresh when the table comes back. Orleans writes it, but waits longer
/// after each time that it could not, for up to a minute; until then the row of a silo that lives looks like that of a dead one.
/// </summary>
internal sealed partial class SignOfLife(
    IMembershipTable table, IClusterMembershipService membership, ILocalSiloDetails self, IOptions<ClusterMembershipOptions> options, ILogger<SignOfLife> logger)
    : BackgroundService
{
    // While the table does not answer, a look lasts as long as its requests do.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Writes a silo's sign of life if it is overdue.</summary>
    /// <param name="period">In which it is to be written.</param>
    /// <returns>Whether it was.</returns>
    public static async Task<bool> WriteIfOverdueAsync(IMembershipTable table, SiloAddress silo, TimeSpan period, DateTime now, CancellationToken cancellationToken = default)
    {
        // Twice the time is no jitter of Orleans's own writing.
        var row = (await table.ReadRowAsync(silo, cancellationToken).ConfigureAwait(false)).TryGet(silo)?.Item1;
        if (row is not { Status: SiloStatus.Active } || now - row.IAmAliveTime <= 2 * period)
        {
            return false;
        }

        row.IAmAliveTime = now;
        await table.UpdateIAmAliveAsync(row, cancellationToken).ConfigureAwait(false);
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var period = options.Value.IAmAliveTablePublishTimeout;
        var wait = period;
        while (true)
        {
            await Task.Delay(wait, stoppingToken).ConfigureAwait(false);
            if (membership.CurrentSnapshot.GetSiloStatus(self.SiloAddress) != SiloStatus.Active)
            {
                continue;
            }

            try
            {
                if (await WriteIfOverdueAsync(table, self.SiloAddress, period, DateTime.UtcNow, stoppingToken).ConfigureAwait(false))
                {
                    LogWritten(self.SiloAddress.ToParsableString());
                }

                wait = period;
            }
            catch (Exception error) when (error is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // The host's edge: tables fail with exceptions of many kinds. Orleans says so in its own words, each time.
                wait = Pause;
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Silo} has said in the membership that it lives, which was overdue")]
    private partial void LogWritten(string silo);
}
