using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Node.Storage;

namespace AtomGrains.Local;

/// <summary>The run and its processes as they are now, in the words of <c>status.json</c>.</summary>
internal static class LiveStatus
{
    /// <param name="lastLoss">Of the last committed step; null before the first.</param>
    /// <param name="waits">What the run waits for, in words; null when for nothing.</param>
    /// <param name="quarantined">Devices that are used no more, in words.</param>
    /// <param name="metrics">Where the metrics are served; null when they are not.</param>
    public static RunStatus Of(Coordinator coordinator, NodeTable nodes, double? lastLoss, string? waits, IReadOnlyList<string> quarantined, string? metrics) => new()
    {
        Step = coordinator.Step,
        Loss = lastLoss,
        CheckpointStep = coordinator.CheckpointStep,
        Generation = coordinator.View?.Generation.Value ?? 0,
        Metrics = metrics,
        WaitingFor = waits,
        Quarantined = quarantined,
        Processes = [Self, .. nodes.Running.Select(node => Of(coordinator, node))],
    };

    private static ProcessStatus Self => new(Environment.ProcessId, "supervisor", null, [], [], "running");

    private static ProcessStatus Of(Coordinator coordinator, NodeHandle node)
    {
        var view = coordinator.View;
        var isMember = view?.IsMember(node.Id) ?? false;
        var lanes = isMember ? view!.LanesOf(node.Id).ToList() : [];
        var state = coordinator.StandingOf(node.Id) switch
        {
            NodeStanding.Silent or NodeStanding.Fenced => "paused",
            NodeStanding.Gone => "leaving",
            null => "starting",
            _ when node.Leaves => "leaving",
            _ when !isMember => "joining",
            _ when lanes.Count == 0 => "spare",
            _ => "running",
        };
        return new ProcessStatus(node.Pid, "node", node.Slot, lanes, isMember ? [.. view!.ReplicasOn(node.Id).Select(id => id.Value)] : [], state);
    }
}
