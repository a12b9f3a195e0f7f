using System.Diagnostics;
using AtomGrains.Grains.Workers;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace AtomGrains.Silo.Standing;

/// <summary>
/// Lets this silo join a cluster all of whose silos have died at once. Their rows say that they live; a silo that joins has
/// to reach every member, and while nobody changes the table it never looks again whether those rows are stale. So it
/// says itself who is gone: whose port is refused, and, after a while, who does not answer at all. Who accepts a connection
/// is never touched, however old its row: the table may have been away, and not the silo.
/// </summary>
internal sealed partial class LostMembers(IClusterMembershipService membership, ILocalSiloDetails self, ILogger<LostMembers> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // A machine that is gone refuses nothing. Beyond the time in which a busy one accepts.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (membership.CurrentSnapshot.GetSiloStatus(self.SiloAddress) is SiloStatus.None or SiloStatus.Created or SiloStatus.Joining)
        {
            await Task.Delay(Period, stoppingToken).ConfigureAwait(false);
            foreach (var member in membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(self.SiloAddress)))
            {
                var answer = await PortProbe.AskAsync(member.SiloAddress.Endpoint).ConfigureAwait(false);
                if (answer == PortAnswer.Refused || (answer == PortAnswer.None && Stopwatch.GetElapsedTime(began) > Patience))
                {
                    await DeclareAsync(member.SiloAddress).ConfigureAwait(false);
                }
            }
        }
    }

    // The host's edge: tables fail with exceptions of many kinds, and this is tried again.
    private async Task DeclareAsync(SiloAddress silo)
    {
        try
        {
            await membership.TryKill(silo).ConfigureAwait(false);
            LogDeclared(silo.ToParsableString());
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogNotDeclared(silo.ToParsableString(), error.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Silo} is a member and does not answer: declared dead")]
    private partial void LogDeclared(string silo);

    [LoggerMessage(2, LogLevel.Warning, "{Silo} is a member and does not answer, and cannot be declared dead: {Reason}")]
    private partial void LogNotDeclared(string silo, string reason);
}
