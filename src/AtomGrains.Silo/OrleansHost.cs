using AtomGrains.Local;
using AtomGrains.Node.Storage;
using AtomGrains.Silo.Local;
using AtomGrains.Silo.Standing;

namespace AtomGrains.Silo;

/// <summary>The Orleans host of a program that references this package: <c>--host orleans</c>, and <c>silo</c>, its own child or a standing silo.</summary>
public sealed class OrleansHost : IClusterHost
{
    public RunOutcome Train(RunFolder folder, int elements, SupervisorOptions options, IRunObserver observer, CancellationToken cancellation)
    {
        // Before anything of the run is looked at: they write to it.
        return new SiloRoll(folder.Path).AwaitEnds(options.OrphanGrace, observer.OnNote, cancellation)
            ? new LocalCluster(folder, elements, options, observer).Run(cancellation)
            : new RunOutcome(new RunFiles(folder.Path, observer).Unfinished(), LocalCluster.AskedToEnd, []);
    }

    public int RunSilo(JobRegistry jobs, IReadOnlyList<string> arguments) =>
        arguments is [SiloCommand.OrdersFlag] ? SiloCommand.Run(jobs) : StandingCommand.Run(arguments, jobs);
}
