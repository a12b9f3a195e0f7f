using AtomGrains.Core.Options;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Workers;
using AtomGrains.Local;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Node.Workers;
using AtomGrains.Silo.Children;

namespace AtomGrains.Silo;

/// <summary>A run as this process can take part in it, with the program's own jobs.</summary>
internal sealed class SiloRun : ISiloRun, IDisposable
{
    private readonly SiloShape _shape;
    private readonly JobRegistry _jobs;
    private readonly RestsFromRun _rests = new();
    private readonly Lock _gate = new();
    private ChildProcesses? _children;

    /// <param name="secret">The run's, 64 hexadecimal digits.</param>
    public SiloRun(RunPlan plan, string secret, SiloShape shape, JobRegistry jobs)
    {
        _shape = shape;
        _jobs = jobs;
        Plan = plan;
        Secret = secret;
        Store = new CheckpointStore(ObjectStores.Open(plan.Store));
        Program = jobs.Names.Contains(plan.Spec.Job) ? jobs.ProgramHash(plan.Spec.Job) : $"none, it has no job {plan.Spec.Job}";
    }

    public RunPlan Plan { get; }

    public string Program { get; }

    public string Secret { get; }

    public string Host => _shape.Host;

    public string Listen => _shape.Listen;

    public TlsFiles? Tls => _shape.Tls;

    public CheckpointStore Store { get; }

    public bool IsResting => _rests.IsResting(Now);

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);

    public string? NotStarted(string error) => _rests.NotStarted(error, Now);

    public void Ready() => _rests.Ready();

    public void Decided(long step) => _rests.Decided(step);

    public INodeBody CreateNode(NodePlace place, int? child, INodeOwner owner)
    {
        if (child is not { } device)
        {
            return new NodeThread(place, Plan, NodeModels.Of(_jobs.CreateFactory(), Plan.Spec, Plan.BitsClass, Plan.Folder, _shape.Devices[0], Plan.Settings.Limits), owner, Store);
        }

        lock (_gate)
        {
            _children ??= new ChildProcesses(Plan, Secret, _rests, () => Task.Run(EndIdle));
            return _children.Create(place, _shape.Devices[device], owner);
        }
    }

    public void EndFailed(Exception error)
    {
        Console.Error.WriteLine($"the step loop failed: {error}");
        Environment.Exit(NodeProcess.ExitCodeOf(error));
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _children?.Dispose();
            _children = null;
        }
    }

    // A silo sees many runs: those that are over leave no thread and no socket behind.
    private void EndIdle()
    {
        lock (_gate)
        {
            if (_children is { IsIdle: true } idle)
            {
                idle.Dispose();
                _children = null;
            }
        }
    }
}
