using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Simulator;

/// <summary>
/// The metrics of a simulated run, merged from all coordinators' segments (PROTOCOL, Records). A line takes a moment to
/// be written, and a coordinator that crashes before that takes it along; the next decision waits for it.
/// </summary>
internal sealed class SimulatedJournal(Simulation simulation, CheckpointChecker history)
{
    private static readonly TimeSpan WriteTime = TimeSpan.FromMilliseconds(5);

    private readonly HashSet<(Lineage Lineage, long Step)> _lines = [];
    private readonly Dictionary<SimulatedCoordinator, (Decision Decision, TimeSpan Due)> _pending = [];

    /// <summary>Begins to write a line; the one before it is written by then.</summary>
    public void Append(SimulatedCoordinator writer, Decision decision)
    {
        Complete(writer);
        _pending[writer] = (decision, simulation.Now + WriteTime);
    }

    /// <summary>The writer's line is on the disk.</summary>
    public void Complete(SimulatedCoordinator writer)
    {
        if (_pending.Remove(writer, out var line))
        {
            _lines.Add((line.Decision.Lineage, line.Decision.Step));
        }
    }

    /// <summary>The writer's process has ended: a line that was not written by now never is.</summary>
    public void Ended(SimulatedCoordinator writer)
    {
        if (_pending.TryGetValue(writer, out var line) && line.Due > simulation.Now)
        {
            _pending.Remove(writer);
        }

        Complete(writer);
    }

    /// <summary>Records: the line of a step is written before the next step's decision goes out.</summary>
    public void Sends(Decision decision) => InvariantChecker.Require(
        decision.Step == history.Begins(decision.Lineage) || _lines.Contains((decision.Lineage, decision.Step - 1)),
        $"Records: step {decision.Step} of {decision.Lineage} is told, and the line of step {decision.Step - 1} was never written");

    /// <summary>Records: each step of the history that survived has its line at the end.</summary>
    public void IsWhole(Lineage lineage, long steps)
    {
        _pending.Keys.ToList().ForEach(Ended);
        var survived = history.Surviving(lineage).SelectMany(part => _lines.Where(line => line.Lineage == part.Lineage && line.Step < part.End)).Select(line => line.Step).ToHashSet();
        var missing = Enumerable.Range(0, (int)steps).Where(step => !survived.Contains(step)).ToList();
        InvariantChecker.Require(missing.Count == 0, $"Records: the run is over without the lines of steps {string.Join(", ", missing)}");
    }
}
