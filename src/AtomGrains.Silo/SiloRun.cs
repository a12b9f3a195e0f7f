using AtomGrains.Core.Options;
using AtomGrains.Grains.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Silo;

/// <summary>The run of this process's orders, with the program's own jobs.</summary>
internal sealed class SiloRun : ISiloRun
{
    private readonly SiloOrders _orders;
    private readonly JobRegistry _jobs;

    /// <exception cref="InvalidDataException">The folder holds no run.</exception>
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
            Before = orders.Before,
            Program = orders.Program,
            Roots = orders.Roots,
        };
        Program = jobs.ProgramHash(spec.Job);
    }

    public RunPlan Plan { get; }

    /// <summary>SHA-256 of the assembly that this process has the job from.</summary>
    public string Program { get; }

    public string Secret => _orders.Secret;

    public string Host => _orders.Host;

    public string Listen => _orders.Listen;

    public NodeModel CreateModel() => NodeModels.Of(_jobs.CreateFactory(), Plan.Spec, Plan.Folder, _orders.Device);

    public void EndFailed(Exception error)
    {
        Console.Error.WriteLine($"the step loop failed: {error}");
        Environment.Exit(NodeProcess.ExitFailed);
    }
}
