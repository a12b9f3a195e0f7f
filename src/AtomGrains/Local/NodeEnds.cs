using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Runs;
using AtomGrains.Local.Devices;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Local;

/// <summary>
/// What follows when node processes end: the coordinator and the ledger hear of what, and failures that would repeat for ever
/// end the run.
/// </summary>
/// <param name="turn">Hands the coordinator an event, unless the run is over.</param>
/// <param name="keep">Starts whoever is wanted and missing.</param>
internal sealed class NodeEnds(
    string folder, RunSpec spec, NodeTable nodes, DeviceWatch devices, FaultLedger ledger, Coordinator coordinator, Action<Action<Outbox>> turn, Action keep)
{
    private readonly ClosedConnections _closed = new();
    private readonly CrashLoop _crashes = new();

    /// <summary>No process is to be started any more: the run is about to stop.</summary>
    public bool IsGivenUp { get; private set; }

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    /// <summary>A process got ready.</summary>
    public void Ready() => _crashes.Ready();

    public void Decided(long step)
    {
        if (_crashes.Decided(step))
        {
            // Whoever is there gets on: starts that fail meanwhile are no reason to stop.
            _crashes.Ready();
        }
    }

    /// <summary>A node's connection has closed: because its process has ended, as a rule.</summary>
    public void OnConnectionClosed(NodeId id)
    {
        if (nodes.Find(id) is not { HasEnded: false } node)
        {
            TellEnded(id, null);
        }
        else if (node.HasExited)
        {
            OnProcessEnded(node);
        }
        else
        {
            _closed.Add(node, Now);
        }
    }

    /// <summary>A node speaks. If its connection had closed before, what was under way to it is lost, and it counts as ended.</summary>
    public void OnHeard(NodeHandle node)
    {
        if (_closed.Remove(node))
        {
            OnContactLost(node);
        }
    }

    public void OnTick()
    {
        foreach (var node in _closed.TakeDue(Now))
        {
            OnContactLost(node);
        }

        nodes.LookForAdopted();
    }

    public void OnProcessEnded(NodeHandle node)
    {
        if (node.HasEnded)
        {
            return;
        }

        _closed.Remove(node);
        node.End(node.IsAdopted ? LastWords.Read(folder, node.Id) : null);
        var death = Autopsy.Of(node, LaneMark.PathOf(folder, node.Id.Value), spec);
        devices.Ended(node, DateTimeOffset.UtcNow);
        TellEnded(node.Id, death);
        if (node.IsReady || node.IsAdopted)
        {
            ledger.Ended(node.Id, FaultNames.OfExit(node.ExitCode), node.Cause);
        }
        else
        {
            OnStartEnded(node);
        }

        if (_crashes.Ended(node, coordinator.Step, Path.Combine(folder, "logs", $"node-{node.Id.Value}.log")) is { } reason)
        {
            GiveUp(reason);
        }

        devices.GiveUp(node.Slot);
        keep();
    }

    /// <param name="why">In the system's words.</param>
    public void OnNotStarted(string why)
    {
        if (_crashes.NotStarted(why) is { } reason)
        {
            GiveUp(reason);
        }
    }

    /// <summary>The run goes on with the devices that are left.</summary>
    /// <param name="usable">How many places have one.</param>
    /// <param name="last">The device that was just given up, and why, in words.</param>
    public void OnQuarantined(int usable, string last)
    {
        if (usable == 0)
        {
            GiveUp($"every device is quarantined; the {last}");
        }
        else if (usable < coordinator.TargetWorkers)
        {
            turn(outbox => coordinator.OnScale(usable, Now, outbox));
        }
    }

    // Nobody had counted on it yet.
    private void OnStartEnded(NodeHandle node)
    {
        var generation = coordinator.View?.Generation ?? Generation.None;
        if (FaultNames.HasLeft(node.ExitCode))
        {
            // A notice that came before it had anything to hand over, or a way to say so.
            ledger.Leaves(node.Id, node.Slot, coordinator.Step, generation, node.Strike);
        }
        else
        {
            ledger.StartEnded(node.Id, node.Slot, coordinator.Step, generation, node.Stuck is null ? FaultNames.OfExit(node.ExitCode) : "stop", node.Stuck ?? node.Cause, node.Strike);
        }
    }

    private void OnContactLost(NodeHandle node)
    {
        if (node.HasExited)
        {
            OnProcessEnded(node);
        }
        else
        {
            TellEnded(node.Id, null);
        }
    }

    private void TellEnded(NodeId node, NodeDeath? death) => turn(outbox => coordinator.OnNodeEnded(node, Now, outbox, death));

    // It stops with a checkpoint of where it stands, as far as those that live can give one.
    private void GiveUp(string reason)
    {
        IsGivenUp = true;
        turn(outbox => coordinator.OnGivenUp(reason, Now, outbox));
    }
}
