using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;
using AtomGrains.Node.Storage;

namespace AtomGrains.Silo.Runs;

/// <summary>The one run of a silo that was started for it.</summary>
internal sealed class OrderedRun(ISiloRun run) : ISiloRuns, IWantedRuns
{
    public bool EndsSiloWhenRefused => true;

    /// <exception cref="InvalidDataException">The folder holds no run, or one of another program.</exception>
    /// <exception cref="InvalidSettingsException">The program has no such job.</exception>
    public static SiloRun Open(SiloOrders orders, JobRegistry jobs)
    {
        var spec = RunRecord.Read(orders.RunFolder)?.Spec ?? throw new InvalidDataException($"{orders.RunFolder} holds no run");
        jobs.Choose(spec.Job);
        var run = new SiloRun(PlanOf(orders, spec), orders.Secret, orders.Shape, jobs);
        return run.Plan.RefusalOf(run.Program) is { } reason ? throw new InvalidDataException(reason) : run;
    }

    public ISiloRun? Find(string runId) => runId == run.Plan.RunId ? run : null;

    public Task<IReadOnlyList<string>> AskAsync(DeviceOffer offer) => Task.FromResult<IReadOnlyList<string>>([run.Plan.RunId]);

    /// <summary>The run as its silo knows it.</summary>
    public static RunPlan PlanOf(SiloOrders orders, RunSpec spec) => new()
    {
        RunId = orders.RunId,
        Spec = spec,
        Settings = orders.Settings,
        Folder = orders.RunFolder,
        Elements = orders.Elements,
        Before = orders.Before,
        Program = orders.Program,
        Origin = orders.Origin,
        Led = orders.Led,
        BitsClass = orders.BitsClass,
        EndsAreSeen = true,
    };
}
