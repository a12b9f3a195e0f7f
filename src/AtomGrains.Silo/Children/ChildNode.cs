using System.Diagnostics;
using System.Text.Json;
using AtomGrains.Commands;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Grains.Workers;
using AtomGrains.Local;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Silo.Children;

/// <summary>
/// A node in a process of its own, as its silo sees it. Calls of the silo's grains are posted to the thread of
/// <see cref="ChildProcesses"/>, on which everything else here happens.
/// </summary>
internal sealed class ChildNode(ChildProcesses silo, NodePlace place, string device, INodeOwner owner) : INodeBody
{
    private volatile NodeHandle? _handle;
    private bool _ended;

    public NodeId Id { get; } = new(place.Node);

    public int Slot => place.Slot;

    public INodeOwner Owner => owner;

    public int? ProcessId => _handle?.Pid;

    /// <summary>Null before it has begun.</summary>
    public NodeHandle? Handle => _handle;

    /// <summary>Its control connection stands, and may still bring what it had to say.</summary>
    public bool IsConnected { get; set; }

    /// <summary>A process of its own whose end has not been noticed yet.</summary>
    public bool IsRunning => _handle is { HasEnded: false };

    /// <summary>It has been silent for so long that its device was given to another.</summary>
    public bool IsGivenUp { get; private set; }

    public void Begin() => silo.Post(() => silo.Start(this));

    public void Deliver(ControlMessage message) => silo.Deliver(this, message);

    public void Leave() => silo.Post(() => Signal(Signals.Terminate));

    public void LeaveBehind() => silo.LeaveBehind(this);

    public void End() => silo.Post(() =>
    {
        if (_handle is null)
        {
            // It never began: nobody has to hear of its end.
            _ended = true;
            silo.Forget(this);
        }

        Signal(Signals.Kill);
    });

    /// <summary>Starts the process; null when its end was asked for before.</summary>
    /// <param name="assignment">What it is told on its standard input.</param>
    public NodeHandle? Start(Func<NodePlace, string, NodeAssignment> assignment)
    {
        if (_ended)
        {
            return null;
        }

        var info = OwnProgram.StartInfo(silo.Environment, WorkerCommand.Name);
        info.RedirectStandardInput = true;
        var process = new Process { StartInfo = info, EnableRaisingEvents = true };
        process.Start();
        _handle = new NodeHandle(Id, place.Slot, process, ProcessIdentity.Of(process.Id), DateTimeOffset.UtcNow);
        process.Exited += (_, _) => silo.Post(() =>
        {
            _handle.End();
            silo.OnEnded(this);
        });
        OwnProgram.Tell(process, assignment(place, device), AssignmentJson.Default.NodeAssignment);
        return _handle;
    }

    /// <summary>Says that there was no process, in place of how it ended.</summary>
    public void SayNotStarted(string error, string? whyToRest)
    {
        _ended = true;
        owner.Ended(ProcessEnd.NotStarted(error, whyToRest));
    }

    public void Signal(int signal)
    {
        if (IsRunning)
        {
            Signals.Send(_handle!.Pid, signal);
        }
    }

    /// <summary>Frees the device of a process that does not speak any more, and ends it unless it is to wake up later.</summary>
    public void GiveUp()
    {
        if (IsGivenUp)
        {
            return;
        }

        IsGivenUp = true;
        owner.GivenUp();
        if (!WakesLater)
        {
            Signal(Signals.Kill);
        }
    }

    /// <summary>It was ordered to be paused, and to go on once its replacement has joined.</summary>
    public bool WakesLater { get; set; }

    /// <summary>Says how the process ended: once, when nothing can come from it any more. False while something may.</summary>
    /// <param name="whyToRest">Asked for then, before the device is free: why the silo starts none in its place, or null.</param>
    public bool TrySayEnd(Func<string?> whyToRest)
    {
        if (_ended || IsRunning || IsConnected)
        {
            return false;
        }

        _ended = true;
        var exit = _handle!.ExitCode;
        owner.Ended(new ProcessEnd(IsGivenUp ? ProcessEnd.Fenced : FaultNames.OfExit(exit), _handle.Cause ?? FaultNames.CauseOf(exit), whyToRest()));
        return true;
    }
}
