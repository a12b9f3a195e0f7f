using AtomGrains.Grains.Workers;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;

namespace AtomGrains.Silo.Standing;

/// <summary>
/// Lets this silo join a cluster all of whose silos have died at once. Their rows say that they live; a silo that joins has
/// to reach every member, and while nobody changes the table it never looks again whether those rows are stale. So it
/// says itself who is gone. It takes two signs, since each alone may be its own fault: nobody accepts a connection, which
/// may be this silo's network, and the row does not change while the table answers, which it may not have done before.
/// </summary>
/// <param name="oneMachine">All silos of the cluster are processes of this machine: no network lies between, and the first sign is enough.</param>
internal sealed partial class LostMembers(
    IMembershipTable table, IClusterMembershipService membership, ILocalSiloDetails self, IOptions<ClusterMembershipOptions> options, ILogger<LostMembers> logger,
    bool oneMachine) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ShortPeriod = TimeSpan.FromMilliseconds(200);

    private readonly SignsOfLife _signs = new();

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (membership.CurrentSnapshot.GetSiloStatus(self.SiloAddress) is SiloStatus.None or SiloStatus.Created or SiloStatus.Joining)
        {
            await Task.Delay(oneMachine ? ShortPeriod : Period, stoppingToken).ConfigureAwait(false);
            try
            {
                var members = (await table.ReadAllAsync(stoppingToken).ConfigureAwait(false)).Members.Select(row => row.Item1).Where(member => member.Status == SiloStatus.Active).ToList();
                _signs.Look(members.Select(member => (member.SiloAddress, member.IAmAliveTime)), Now);
                foreach (var member in members)
                {
                    if (await IsLostAsync(member.SiloAddress).ConfigureAwait(false))
                    {
                        await membership.TryKill(member.SiloAddress).ConfigureAwait(false);
                        LogDeclared(member.SiloAddress.ToParsableString());
                    }
                }
            }
            catch (Exception error) when (error is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // The host's edge: tables fail with exceptions of many kinds, and are asked again.
                _signs.Lose();
                LogNotDeclared(error.Message);
            }
        }
    }

    private async Task<bool> IsLostAsync(SiloAddress member)
    {
        if (oneMachine)
        {
            return await PortProbe.AskAsync(member.Endpoint).ConfigureAwait(false) is PortAnswer.Refused;
        }

        var silent = _signs.SilenceOf(member, Now);

        // One sign of life that is due and missing. Who has given it is not asked: a connection that says nothing is a stranger's to it.
        if (silent <= options.Value.IAmAliveTablePublishTimeout + Period)
        {
            return false;
        }

        return await PortProbe.AskAsync(member.Endpoint).ConfigureAwait(false) switch
        {
            // The machine is there and says that nobody is.
            PortAnswer.Refused => true,
            PortAnswer.None => silent > options.Value.IAmAliveTablePublishTimeout * options.Value.NumMissedTableIAmAliveLimit,
            _ => false,
        };
    }

    [LoggerMessage(1, LogLevel.Warning, "{Silo} is a member, is silent and does not answer: declared dead")]
    private partial void LogDeclared(string silo);

    [LoggerMessage(2, LogLevel.Warning, "The members of the cluster cannot be looked at: {Reason}")]
    private partial void LogNotDeclared(string reason);
}
