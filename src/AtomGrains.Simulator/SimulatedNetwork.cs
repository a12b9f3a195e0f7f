using AtomGrains.Core.Membership;

namespace AtomGrains.Simulator;

/// <summary>
/// Delivers after a random delay, loses and repeats with given chances, and drops what crosses a cut. The
/// coordinator is the node that is null.
/// </summary>
internal sealed class SimulatedNetwork(Simulation simulation, SimulationOptions options)
{
    private readonly HashSet<(NodeId? From, NodeId? To)> _cut = [];
    private readonly HashSet<(NodeId? From, NodeId? To)> _broken = [];

    private bool _isHealed;

    public void Send(NodeId? from, NodeId? to, Action deliver)
    {
        if (_cut.Contains((from, to)) || _broken.Contains((from, to)) || (!_isHealed && simulation.Random.Chance(options.Loss)))
        {
            return;
        }

        simulation.After(Delay(), deliver);
        if (!_isHealed && simulation.Random.Chance(options.Duplication))
        {
            simulation.After(Delay() * 5, deliver);
        }
    }

    public void Cut(NodeId? from, NodeId? to) => _cut.Add((from, to));

    public void Restore(NodeId? from, NodeId? to) => _cut.Remove((from, to));

    /// <summary>A link that nothing mends.</summary>
    public void Break(NodeId one, NodeId other)
    {
        _broken.Add((one, other));
        _broken.Add((other, one));
    }

    /// <summary>Faults are over: no more loss, duplication or cuts; what is broken stays so.</summary>
    public void Heal()
    {
        _isHealed = true;
        _cut.Clear();
    }

    // A few messages take much longer than the rest, and so come after later ones.
    private TimeSpan Delay() => simulation.Random.Chance(0.02)
        ? simulation.Random.Between(0, options.MaximumDelayMilliseconds * 20)
        : simulation.Random.Between(Math.Min(0.05, options.MaximumDelayMilliseconds), options.MaximumDelayMilliseconds);
}
