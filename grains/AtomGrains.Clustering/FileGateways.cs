using Orleans.Messaging;
using Orleans.Runtime;

namespace AtomGrains.Clustering;

/// <summary>The gateways of the silos in a membership folder, for clients.</summary>
internal sealed class FileGateways(FileMembershipTable table) : IGatewayListProvider
{
    // Reading a small file costs nothing, and a client that was told of a dead gateway has lost a call.
    public TimeSpan MaxStaleness => TimeSpan.FromSeconds(2);

    public bool IsUpdatable => true;

    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    public async Task<IList<Uri>> GetGateways()
    {
        var members = (await table.ReadAll().ConfigureAwait(false)).Members.Select(member => member.Item1);
        return [.. members.Where(silo => silo.Status == SiloStatus.Active && silo.ProxyPort > 0).Select(GatewayOf)];
    }

    private static Uri GatewayOf(MembershipEntry silo) =>
        SiloAddress.New(silo.SiloAddress.Endpoint.Address, silo.ProxyPort, silo.SiloAddress.Generation).ToGatewayUri();
}
