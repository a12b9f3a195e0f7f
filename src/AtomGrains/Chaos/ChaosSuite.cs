using AtomGrains.Chaos.Checks;
using AtomGrains.Chaos.Machine;
using AtomGrains.Chaos.Plans;
using AtomGrains.Chaos.Runs;

namespace AtomGrains.Chaos;

/// <summary>The plans of one seed on one machine, carried out one at a time. The undisturbed run of each spec is made once.</summary>
/// <param name="bounds"><see cref="ChaosMachine.Missing"/> of each kind is null.</param>
internal sealed class ChaosSuite(ChaosMachine machine, ulong seed, ChaosBounds bounds)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    private readonly Dictionary<ChaosSpec, RunFacts> _calm = [];

    public ChaosPlan Plan(int number) => ChaosPlanner.Plan(seed, number, bounds);

    /// <summary>What a plan leaves: it goes when everything held, and is kept otherwise.</summary>
    public string FolderOf(ChaosPlan plan) => Path.Combine(machine.Folder, FormattableString.Invariant($"plan-{plan.Number}"));

    /// <exception cref="OperationCanceledException">It was asked to end; no process is left.</exception>
    /// <exception cref="IOException">This machine cannot do it: the undisturbed run failed, say.</exception>
    public PlanOutcome Run(ChaosPlan plan, CancellationToken cancellation)
    {
        var calm = Calm(plan.Spec, cancellation);
        var outcome = new PlanRunner(machine, plan, FolderOf(plan)).Run(calm, cancellation);
        if (outcome.Holds)
        {
            Directory.Delete(FolderOf(plan), recursive: true);
        }

        return outcome;
    }

    private RunFacts Calm(ChaosSpec spec, CancellationToken cancellation)
    {
        if (_calm.TryGetValue(spec, out var known))
        {
            return known;
        }

        var folder = Path.Combine(machine.Folder, $"calm-{spec.Name}");
        var report = Path.Combine(machine.Folder, $"calm-{spec.Name}.json");
        using var run = new LiveRun(machine, folder, new Dictionary<string, string>());
        run.Start(["train", .. spec.Arguments(machine.Text), "--out", folder, "--report", report, "--workers", "1", "--checkpoint-every", "0"]);
        while (!run.HasExited)
        {
            cancellation.ThrowIfCancellationRequested();
            Thread.Sleep(Poll);
        }

        run.OutputEnds();
        cancellation.ThrowIfCancellationRequested();
        if (run.ExitCode != 0)
        {
            throw new IOException($"the undisturbed run failed: {run.Output.ReplaceLineEndings(" ").Trim()}");
        }

        return _calm[spec] = RunFacts.Read(folder, report);
    }
}
