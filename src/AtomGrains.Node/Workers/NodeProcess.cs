using System.Runtime.InteropServices;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;

namespace AtomGrains.Node.Workers;

/// <summary>
/// A process that is one node of a run: joins a node to the control channel of who started it, a supervisor or a silo. It ends when the node
/// is dismissed, when its device fails, or when it has been without a supervisor too long.
/// </summary>
public sealed class NodeProcess : INodeHost, IDisposable
{
    /// <summary>The supervisor's number on connections; nodes count from 1.</summary>
    public const int SupervisorNode = 0;

    /// <summary>Exit code of a node whose device or step loop failed.</summary>
    public const int ExitFailed = 70;

    /// <summary>Exit code of a node that could not read or write a file, or found one broken: nothing speaks against its device.</summary>
    public const int ExitFiles = 73;

    /// <summary>Exit code of a node that was fenced.</summary>
    public const int ExitFenced = 71;

    /// <summary>Exit code of a node whose notice was over before everything was handed over: that of one that SIGTERM ended.</summary>
    public const int ExitLate = 128 + Signals.Terminate;

    /// <summary>Exit code of a node that lost its supervisor.</summary>
    public const int ExitOrphaned = 72;

    private readonly NodeActor _node;
    private readonly SupervisorLink _supervisor;
    private readonly StruckFaults _struck;
    private readonly NodeId _id;
    private readonly NodeAssignment _assignment;
    private readonly Timer _grace;
    private int _noticed;

    /// <exception cref="InvalidDataException">What it was told cannot be used.</exception>
    public NodeProcess(NodeAssignment assignment, RunSpec spec, NodeModel model, HeartbeatOptions heartbeat, CheckpointStore store)
    {
        _assignment = assignment;
        _id = new NodeId(assignment.Node);
        _grace = new Timer(_ => EndLate());
        _struck = new StruckFaults(assignment.RunFolder, assignment.Struck);
        _node = new NodeActor(assignment, spec, model, heartbeat, this, store);
        _supervisor = new SupervisorLink(assignment) { Deliver = _node.Deliver, Introduce = _node.Introduce, Orphaned = EndOrphaned, LeaveBehind = LeaveBehind };
    }

    /// <summary>Runs until the node is dismissed, fails or is orphaned; returns the exit code.</summary>
    public int Run()
    {
        Signals.WakeAtEndOfParent();

        // Ctrl-C reaches the whole process group: ending is the supervisor's word. SIGTERM asks to leave in order.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);

        // For the rest of the process: who asks again must not cut its last words short.
        GC.SuppressFinalize(PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            if (Interlocked.Exchange(ref _noticed, 1) == 0)
            {
                // Whoever gave notice ends the process then, and says nothing: better to end by itself and say why.
                _grace.Change(_assignment.Grace, Timeout.InfiniteTimeSpan);
            }

            _node.Leave();
        }));
        _supervisor.Start();
        var dismissed = _node.Run();
        if (dismissed == DismissReason.Fenced)
        {
            SayWhy(ExitFenced);
        }

        _supervisor.Dispose();
        return dismissed == DismissReason.Fenced ? ExitFenced : 0;
    }

    public void Dispose()
    {
        _supervisor.Dispose();
        _grace.Dispose();
    }

    void INodeHost.Send(ControlMessage message) => _supervisor.Send(new ProtocolMessage(message));

    // On the disk, since the supervisor may be gone as well; the message is for the one that is there now.
    void INodeHost.Strikes(int order, DateTimeOffset at)
    {
        _struck.TryStrike(order, _id, at);
        _supervisor.Send(new FaultStrikes(order, at));
    }

    void INodeHost.Failed(Exception error)
    {
        Console.Error.WriteLine($"the node failed: {error}");
        var cause = LastWords.CauseOf(error);
        _supervisor.Send(new NodeFailed(cause));
        SayWhy(ExitCodeOf(error), cause);
        _supervisor.Dispose();
        Signals.EndProcess(ExitCodeOf(error));
    }

    /// <summary>Exit code of a node that ends for this error.</summary>
    public static int ExitCodeOf(Exception error) => error is IOException or UnauthorizedAccessException or InvalidDataException ? ExitFiles : ExitFailed;

    void INodeHost.LinkClosed(int node) => _supervisor.Send(new LinkLost(node));

    private void EndLate()
    {
        Console.Error.WriteLine($"the notice of {_assignment.Grace.TotalSeconds} s is over, and not everything is handed over");
        SayWhy(ExitLate);
        Signals.EndProcess(ExitLate);
    }

    // A silo's child has a parent for as long as anybody is there to count its end.
    private void SayWhy(int exitCode, string? cause = null)
    {
        if (_assignment.Supervisor is not null)
        {
            return;
        }

        try
        {
            new LastWords(exitCode, cause).Write(_assignment.RunFolder, _id);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What it ends of may be that very disk. Then its end is one that nobody can tell.
            Console.Error.WriteLine($"no last words: {error.Message}");
        }
    }

    private void EndOrphaned()
    {
        Console.Error.WriteLine("the supervisor is gone");
        if (_assignment.Supervisor is not null)
        {
            // A silo's child: other silos have what it holds, and go on without it.
            Signals.EndProcess(ExitOrphaned);
        }

        LeaveBehind();
    }

    private void LeaveBehind() => _node.LeaveBehind(_assignment.RunFolder, () => Signals.EndProcess(ExitOrphaned));
}
