using AtomGrains.Commands;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Local.Devices;

/// <summary>
/// Follows the devices of a run's places on its supervisor's thread: what ended there, what a check in a fresh process
/// says, and which of them is given up.
/// </summary>
/// <param name="devices">What is known of them, from predecessors too.</param>
/// <param name="post">Runs something on the supervisor's thread.</param>
/// <param name="note">A line for the ledger: its kind, the worker's number, and what there is to say.</param>
/// <param name="quarantined">A worker's device has just been given up, and why.</param>
internal sealed class DeviceWatch(
    SupervisorOptions options, FailedDevices devices, IRunObserver observer, Action<Action> post, Action<string, int, string> note, Action<int, string> quarantined)
{
    private readonly HashSet<int> _quarantined = [];

    public Places Places { get; } = new(devices);

    /// <summary>Devices that are used no more, in words.</summary>
    public IReadOnlyList<string> Quarantined => [.. _quarantined.Order().Select(NameOf)];

    /// <summary>A process has ended; said before anybody can want its replacement.</summary>
    public void Ended(NodeHandle node, DateTimeOffset now)
    {
        // A kill that comes before every step is no accident: the system may be out of memory whenever one starts there.
        var isKilledEarly = FaultNames.WasKilled(node.ExitCode) && !node.HasServed && node.Strike is null;
        if (FaultNames.IsOwnFailure(node.ExitCode) || node.ExitCode == NodeProcess.ExitFenced || isKilledEarly)
        {
            var failure = FaultNames.OfExit(node.ExitCode) == FaultNames.Device ? node.Cause ?? $"exit code {node.ExitCode}" : null;
            Places.Ended(node.Slot, node.Id, now - node.Started, failure, now);
        }
    }

    /// <summary>
    /// A step loop does not get on, as one whose kernel never returns. It is fenced and ends with an exit code that a process
    /// has as well that was paused: that it hung is known now.
    /// </summary>
    public void Hung(NodeHandle node)
    {
        Places.Failed(node.Slot, node.Id, DateTimeOffset.UtcNow - node.Started, "its step loop did not get on");
        post(() => GiveUp(node.Slot));
    }

    /// <summary>Devices that failed are asked in processes of their own.</summary>
    public void Check()
    {
        foreach (var slot in Places.TakeToCheck(DateTimeOffset.UtcNow))
        {
            _ = DeviceCheckCommand.AskAsync(options.DeviceOf(slot), options.NodeEnvironment)
                .ContinueWith(asked => post(() => OnChecked(slot, asked.Result)), TaskScheduler.Default);
        }
    }

    /// <summary>A device computes wrong bits: no process starts there from here on, and soon it is said.</summary>
    public void Condemn(int slot, string why)
    {
        Places.Condemn(slot, why);
        post(() => Tell(slot, why));
    }

    /// <summary>What predecessors have said already: of wrong bits, and of failures.</summary>
    public void Recall(IEnumerable<int> condemned)
    {
        foreach (var slot in condemned)
        {
            Places.Condemn(slot, "it computes wrong bits");
        }

        _quarantined.UnionWith(Places.Quarantined.Select(place => place.Slot));
    }

    /// <summary>Says so once when a device has failed too often.</summary>
    public void GiveUp(int slot)
    {
        if (Places.IsQuarantined(slot))
        {
            Tell(slot, $"{options.Settings.DeviceFailures} failures, the last: {Places.Quarantined.Single(place => place.Slot == slot).Failure}");
        }
    }

    private void Tell(int slot, string why)
    {
        if (_quarantined.Add(slot))
        {
            observer.OnNote($"the {NameOf(slot)} is quarantined after {why}");
            note(FaultLedger.QuarantineKind, slot, why);
            quarantined(slot, why);
        }
    }

    private void OnChecked(int slot, string? failure)
    {
        Places.Checked(slot, failure, DateTimeOffset.UtcNow);
        observer.OnNote($"the {NameOf(slot)} {(failure is null ? "passes its check" : $"fails its check: {failure}")}");
        if (failure is not null)
        {
            note(FaultLedger.CheckKind, slot, failure);
            GiveUp(slot);
        }
    }

    private string NameOf(int slot) => $"{options.DeviceOf(slot)} of worker {slot}";
}
