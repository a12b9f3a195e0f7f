using AtomGrains.Core.Options;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;

namespace AtomGrains.Silo.Standing;

/// <summary>
/// Whether those who are members of the cluster take this silo's certificate, and it theirs, before it is one of them: to
/// Orleans they would be members that cannot be reached, and this silo one that tries for minutes.
/// </summary>
internal static class MemberCheck
{
    /// <exception cref="InvalidSettingsException">None takes it, and one says why.</exception>
    public static async Task AskAsync(SiloSettings settings, IServiceProvider services)
    {
        if (settings.Tls is null)
        {
            // It stands on loopback, and to members that do not encrypt either a handshake would be rubbish.
            return;
        }

        var table = services.GetRequiredService<IMembershipTable>();
        var timing = services.GetRequiredService<IOptions<ClusterMembershipOptions>>().Value;
        await table.InitializeMembershipTableAsync(true, CancellationToken.None).ConfigureAwait(false);
        var members = (await table.ReadAllAsync(CancellationToken.None).ConfigureAwait(false)).Members.Select(row => row.Item1);

        // Those who are silent may be gone, and another process have their port; Orleans does not ask them either.
        var newest = DateTime.UtcNow - (timing.NumMissedTableIAmAliveLimit * timing.IAmAliveTablePublishTimeout);
        var living = members.Where(member => member.Status == SiloStatus.Active && member.IAmAliveTime > newest);
        if (await settings.Connection.RefusalAsync(living.Select(member => member.SiloAddress.Endpoint)).ConfigureAwait(false) is { } fault)
        {
            throw new InvalidSettingsException(fault);
        }
    }
}
