using System.Net;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Workers;

namespace AtomGrains.Local;

/// <summary>
/// The local host: one thread runs Core's coordinator over node processes of this machine. Here is how that thread begins and
/// ends, and what it leaves for whoever comes after it; what happens on it is <see cref="SupervisedRun"/>'s.
/// </summary>
public sealed class Supervisor : IControlEvents<LocalMessage>, IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private readonly SupervisorOptions _options;
    private readonly TransportIdentity _identity;
    private readonly ControlServer<LocalMessage> _server;
    private readonly EventQueue _events = new();
    private readonly IRunObserver _observer;
    private readonly LiveMetrics? _metrics;

    // There before the first event is handled.
    private SupervisedRun _run = null!;

    /// <summary>Listens at once, so that a taken port is known before anything is written.</summary>
    /// <param name="metrics">Told of the run; the caller disposes it.</param>
    /// <exception cref="PortTakenException">The port is in use.</exception>
    internal Supervisor(SupervisorOptions options, IRunObserver observer, LiveMetrics? metrics)
    {
        _options = options;
        _observer = observer;
        _metrics = metrics;
        _identity = new TransportIdentity(
            options.Predecessor?.RunId ?? Guid.NewGuid().ToString("N"),
            NodeProcess.SupervisorNode,
            options.Predecessor is { } left ? RunSecret.FromHex(left.Secret) : RunSecret.Create());
        var control = new ControlOptions { Listen = new IPEndPoint(options.Listen, options.Port) };
        _server = new ControlServer<LocalMessage>(_identity, control, LocalJson.Contract, new TransportCounters(), this);
    }

    /// <summary>Runs the folder's run to its end, or until it is cancelled or cannot go on.</summary>
    /// <param name="elements">Length of the flat parameter vector.</param>
    public RunOutcome Run(RunFolder folder, int elements, CancellationToken cancellation)
    {
        using var journal = new RunJournal(folder.Path, folder.Record.Spec, _options.Settings.Roots);
        Array.ForEach([.. journal.Torn], _observer.OnNote);
        var roll = new SupervisorRoll(folder.Path);
        using var run = _run = Open(folder, elements, journal, roll);
        Directory.CreateDirectory(Path.Combine(folder.Path, "logs"));
        Directory.CreateDirectory(Path.Combine(folder.Path, LaneMark.FolderName));
        using var cancelled = cancellation.Register(() => _events.Post(() => run.AskToEnd("it was asked to end")));
        try
        {
            run.Begin();
            new SupervisorPost(_identity.RunId, _server.Endpoint.ToString(), _identity.Secret.ToHex()).Write(folder.Path);
            _events.Run(Tick, run.OnTick);
        }
        catch (IOException error)
        {
            // No space left, most often. What could not be written is not known to anybody, so nothing was promised.
            run.Stop(error.Message);
        }
        finally
        {
            run.KillAll();
        }

        var stopped = run.Stopped;
        try
        {
            run.Complete();
            SupervisorPost.Remove(folder.Path);
            roll.End();
            if (stopped is null)
            {
                folder.Finish(DateTimeOffset.UtcNow);
            }
        }
        catch (IOException error)
        {
            stopped ??= error.Message;
        }

        var isFault = stopped is not null && !cancellation.IsCancellationRequested;
        _metrics?.End(isFault);
        run.ObserveAtRest(isFault);
        return new RunOutcome(run.Report(), stopped, run.NotStruck);
    }

    public void Dispose() => _server.Dispose();

    // Of a store that does not answer, or a record that is broken, nobody dies: this one has ended in order.
    private SupervisedRun Open(RunFolder folder, int elements, RunJournal journal, SupervisorRoll roll)
    {
        try
        {
            return new SupervisedRun(folder, elements, journal, roll, _options, _identity, (node, message) => _server.Send(node.Value, message), _events, _observer, _metrics);
        }
        catch
        {
            roll.End();
            throw;
        }
    }

    void IControlEvents<LocalMessage>.OnConnected(int node)
    {
    }

    void IControlEvents<LocalMessage>.OnMessage(int node, LocalMessage message) => _events.Post(() => _run.OnMessage(new NodeId(node), message));

    void IControlEvents<LocalMessage>.OnClosed(int node, CloseReason reason) => _events.Post(() => _run.OnConnectionClosed(new NodeId(node)));
}
