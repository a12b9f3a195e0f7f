using System.Net;
using AtomGrains.Core.Membership;
using AtomGrains.Grains.Wire;
using Orleans.Runtime;

namespace AtomGrains.Grains.Workers;

/// <summary>
/// The nodes beside one node, and where they live. When a link to one of them breaks it finds out whether that node is
/// gone, and its silo with it: run grain and cluster would notice by themselves, but later.
/// </summary>
/// <param name="tell">Says to the run grain that a node is gone.</param>
internal sealed class Neighbours(IClusterMembershipService membership, Func<int, Task> tell)
{
    private readonly Lock _gate = new();
    private readonly HashSet<int> _gone = [];
    private readonly Dictionary<int, SiloAddress> _silos = [];
    private Dictionary<int, IPEndPoint> _addresses = [];

    public void Learn(View view, IReadOnlyList<NodeSilo> silos)
    {
        lock (_gate)
        {
            _addresses = view.Members.ToDictionary(member => member.Node.Value, member => IPEndPoint.Parse(member.Address));
            foreach (var silo in silos)
            {
                _silos[silo.Node] = SiloAddress.FromParsableString(silo.Silo);
            }
        }
    }

    public async Task FindOutAsync(int node)
    {
        IPEndPoint? address;
        SiloAddress? silo;
        lock (_gate)
        {
            silo = _silos.GetValueOrDefault(node);
            if (!_addresses.TryGetValue(node, out address) || _gone.Contains(node))
            {
                return;
            }
        }

        // A link may break between two living nodes; a port that refuses has nobody behind it any more.
        if (!await IsRefusedAsync(address).ConfigureAwait(false))
        {
            return;
        }

        lock (_gate)
        {
            if (!_gone.Add(node))
            {
                return;
            }
        }

        var told = tell(node);
        if (silo is not null && await IsRefusedAsync(silo.Endpoint).ConfigureAwait(false))
        {
            await membership.TryKill(silo).ConfigureAwait(false);
        }

        await told.ConfigureAwait(false);
    }

    private static async Task<bool> IsRefusedAsync(IPEndPoint address) => await PortProbe.AskAsync(address).ConfigureAwait(false) == PortAnswer.Refused;
}
