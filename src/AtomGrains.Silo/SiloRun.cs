using AtomGrains.Core.Options;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Workers;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Workers;
using AtomGrains.Silo.Children;

namespace AtomGrains.Silo;

/// <summary>The run of this process's orders, with the program's own jobs.</summary>
internal sealed class SiloRun : ISiloRun, IDisposable
{
    private readonly SiloOrders _orders;
    private readonly JobRegistry _jobs;
    private readonly ChildProcesses? _children;

    /// <exception cref="InvalidDataException">The folder holds no run, or one of another program.</exception>
    /// <exception cref="InvalidSettingsException">The program has no such job.</exception>
    public SiloRun(SiloOrders orders, JobRegistry jobs)
    {
        _orders = orders;
        _jobs = jobs;
        var spec = RunRecord.Read(orders.RunFolder)?.Spec ?? throw new InvalidDataException($"{orders.RunFolder} holds no run");
        Plan = new RunPlan
        {
            RunId = orders.RunId,
            Spec = spec,
            Folder = orders.RunFolder,
            Elements = orders.Elements,
            Workers = orders.Workers,
            Spares = orders.Spares,
            Faults = new FaultPlan(orders.Faults),
            Heartbeat = orders.Heartbeat,
            MaximumSkips = orders.MaximumSkips,
            Grace = orders.Grace,
            Before = orders.Before,
            Program = orders.Program,
            Roots = orders.Roots,
            Replicas = orders.Replicas,
            Checkpoints = orders.Checkpoints,
            Keep = orders.Keep,
            Origin = orders.Origin,
            BitsClass = orders.BitsClass,
        };
        Store = new CheckpointStore(ObjectStores.Open(orders.Store));
        Program = jobs.ProgramHash(jobs.Choose(spec.Job));
        if (Plan.RefusalOf(Program) is { } reason)
        {
            throw new InvalidDataException(reason);
        }

        _children = orders.Devices.Count > 1 ? new ChildProcesses(orders, Plan) : null;
    }

    public RunPlan Plan { get; }

    /// <summary>SHA-256 of the assembly that this process has the job from.</summary>
    public string Program { get; }

    public string Secret => _orders.Secret;

    public string Host => _orders.Host;

    public string Listen => _orders.Listen;

    public CheckpointStore Store { get; }

    public INodeBody CreateNode(NodePlace place, int? child, INodeOwner owner) => child is { } device
        ? _children!.Create(place, _orders.Devices[device], owner)
        : new NodeThread(place, Plan, NodeModels.Of(_jobs.CreateFactory(), Plan.Spec, Plan.Folder, _orders.Devices[0]), owner, Store);

    public void EndFailed(Exception error)
    {
        Console.Error.WriteLine($"the step loop failed: {error}");
        Environment.Exit(NodeProcess.ExitFailed);
    }

    public void Dispose() => _children?.Dispose();
}
