using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Node.Workers;

namespace AtomGrains.Local;

/// <summary>Keeps the processes of a run as its coordinator wants them: starts what is missing, wakes and vouches for what is there.</summary>
internal sealed class NodeKeeper(NodeTable nodes, Coordinator coordinator, SupervisorOptions options, IRunObserver observer)
{
    private static readonly TimeSpan LongestStarvation = TimeSpan.FromSeconds(15);

    /// <summary>As many processes as are wanted; a lost worker's number goes to its replacement.</summary>
    public void Keep()
    {
        var slots = nodes.Running.Where(node => !node.Leaves && coordinator.Counts(node.Id)).Select(node => node.Slot).ToHashSet();
        for (var slot = 0; slot < coordinator.TargetWorkers + options.Spares; slot++)
        {
            if (!slots.Contains(slot))
            {
                nodes.Start(slot);
            }
        }
    }

    /// <summary>
    /// On a machine with more to do than cores, a living process can be silent for long: the system tells it from a
    /// stopped one. Silence beyond any starvation is judged all the same.
    /// </summary>
    /// <param name="monotonic">The coordinator's time.</param>
    public void VouchForStarved(TimeSpan monotonic)
    {
        var now = DateTimeOffset.UtcNow;
        foreach (var node in nodes.Running.Where(node => node.IsReady))
        {
            var silence = now - node.LastHeard;
            if (silence > options.Heartbeat.MinimumTimeout / 2 && silence < LongestStarvation && NodeTable.IsRunnable(node.Pid))
            {
                coordinator.OnVouchedFor(node.Id, monotonic);
            }
        }
    }

    /// <summary>A paused worker of stop+wake goes on once its replacement has joined.</summary>
    public void WakeReplaced(View view)
    {
        foreach (var node in nodes.Running.Where(node => node.Strike?.Order.Kind == FaultKind.StopAndWake))
        {
            if (!view.IsMember(node.Id) && view.Members.Any(member => member.Slot == node.Slot))
            {
                node.Strike = null;
                observer.OnNote($"worker {node.Slot}'s first process {node.Pid} wakes up after its replacement has joined");
                Signals.Send(node.Pid, Signals.Continue);
            }
        }
    }
}
