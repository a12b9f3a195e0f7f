using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Local.Devices;
using AtomGrains.Node.Workers;

namespace AtomGrains.Local;

/// <summary>Keeps the processes of a run as its coordinator wants them: starts what is missing, wakes and vouches for what is there.</summary>
/// <param name="notStarted">Told why the system has not started a process; the next attempt is made after a growing pause.</param>
internal sealed class NodeKeeper(NodeTable nodes, Coordinator coordinator, SupervisorOptions options, IRunObserver observer, Places places, Action<string> notStarted)
{
    // A machine at a bound of its processes or its memory; what holds them ends by and by.
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LongestStarvation = TimeSpan.FromSeconds(15);

    // Beyond that it has lost its connection and not its life, and ends as an orphan.
    private static readonly TimeSpan LongestDeath = TimeSpan.FromSeconds(2);

    // The largest model on the slowest disk, and a device that is slow to wake: beyond that it hangs.
    private static readonly TimeSpan LongestStart = TimeSpan.FromMinutes(10);

    // A world that shrinks keeps its places.
    private int _places;
    private TimeSpan _pause = FirstPause;
    private DateTimeOffset _notBefore;

    /// <summary>Places whose device is not quarantined.</summary>
    public int Usable => Enumerable.Range(0, _places).Count(slot => !places.IsQuarantined(slot));

    /// <summary>
    /// As many processes as are wanted and may be started; a lost worker's number goes to its replacement, unless its
    /// device is quarantined.
    /// </summary>
    public void Keep()
    {
        var wanted = coordinator.TargetWorkers + options.Settings.Spares;
        _places = Math.Max(_places, wanted);
        var slots = nodes.Running.Where(node => !node.Leaves && coordinator.Counts(node.Id)).Select(node => node.Slot).ToHashSet();
        foreach (var slot in Enumerable.Range(0, _places).Where(slot => !places.IsQuarantined(slot)).Take(wanted))
        {
            if (!slots.Contains(slot) && places.MayStart(slot, DateTimeOffset.UtcNow) && !IsDying(slot) && !TryStart(slot))
            {
                return;
            }
        }
    }

    // What one process cannot have, the others cannot have either.
    private bool TryStart(int slot)
    {
        var now = DateTimeOffset.UtcNow;
        if (now < _notBefore)
        {
            return false;
        }

        if (nodes.Start(slot) is not { } why)
        {
            _pause = FirstPause;
            return true;
        }

        _notBefore = now + _pause;
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        notStarted(why);
        return false;
    }

    // Its connection is closed and its exit is not seen yet: what it died of decides whether its device may be used again.
    private bool IsDying(int slot) => nodes.Running.Any(node =>
        node.Slot == slot && !node.Leaves && coordinator.StandingOf(node.Id) == NodeStanding.Gone && DateTimeOffset.UtcNow - node.LastHeard < LongestDeath);

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
            if (silence > options.Settings.Heartbeat.MinimumTimeout / 2 && silence < LongestStarvation && NodeTable.IsRunnable(node.Pid))
            {
                coordinator.OnVouchedFor(node.Id, monotonic);
            }
        }
    }

    /// <summary>Ends processes that are stopped or hang before they are ready: nobody waits for their heartbeats yet.</summary>
    public void EndStuckStarts(DateTimeOffset now)
    {
        foreach (var node in nodes.Running.Where(node => node is { IsReady: false, IsAdopted: false, Leaves: false, Stuck: null, HasExited: false }))
        {
            node.StoppedSince = NodeTable.IsRunnable(node.Pid) ? null : node.StoppedSince ?? now;
            node.Stuck = now - node.StoppedSince > options.Settings.Heartbeat.MinimumTimeout ? "was stopped while it started"
                : now - node.LastHeard > LongestStart ? $"was not ready after {LongestStart.TotalMinutes:0} minutes" : null;
            if (node.Stuck is not null)
            {
                Signals.Send(node.Pid, Signals.Kill);
            }
        }
    }

    /// <summary>A paused worker of stop+wake goes on once its replacement has joined.</summary>
    /// <param name="woken">Told of each that does.</param>
    public void WakeReplaced(View view, Action<NodeHandle> woken)
    {
        foreach (var node in nodes.Running.Where(node => node.Strike?.Order.Kind == FaultKind.StopAndWake))
        {
            if (!view.IsMember(node.Id) && view.Members.Any(member => member.Slot == node.Slot))
            {
                observer.OnNote($"worker {node.Slot}'s first process {node.Pid} wakes up after its replacement has joined");
                if (Signals.Send(node.Pid, Signals.Continue))
                {
                    woken(node);
                }

                node.Strike = null;
            }
        }
    }
}
