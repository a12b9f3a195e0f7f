using AtomGrains.Core.Membership;

namespace AtomGrains.Simulator;

/// <summary>A lane that ends the first few processes that compute it, and what really happened to them.</summary>
internal sealed class PoisonedLane(SimulationOptions options)
{
    private readonly HashSet<LaneDeath> _deaths = [];

    /// <summary>Every death that was of a lane's doing.</summary>
    public IReadOnlySet<LaneDeath> Deaths => _deaths;

    /// <summary>Whether a node that has computed this lane ends by it; remembers that it did.</summary>
    public bool Ends(NodeId node, long step, int lane) =>
        step == options.PoisonStep && lane == options.PoisonLane && _deaths.Count < options.PoisonKills && _deaths.Add(new LaneDeath(step, lane, node));
}
