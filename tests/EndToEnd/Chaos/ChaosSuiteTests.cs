using AtomGrains.Chaos;
using AtomGrains.Chaos.Machine;
using AtomGrains.Chaos.Plans;
using AtomGrains.EndToEnd.Tests.Support;
using Xunit.Abstractions;

namespace AtomGrains.EndToEnd.Tests.Chaos;

/// <summary>Plans of fixed seeds over real processes: together they strike with every kind that this machine allows.</summary>
public sealed class ChaosSuiteTests(ITestOutputHelper output)
{
    private const ulong Seed = 3;
    private const int Workers = 3;
    private const int Dozen = 12;
    private const int Candidates = 200;

    [Fact]
    public void ADozenPlansOfEveryKindChangeNoBit() => Hold(Seed, ADozenOfEveryKind);

    [Fact]
    [Trait("Category", "Long")]
    public void AHundredPlansChangeNoBit() => Hold((ulong)Environment.TickCount64, suite => Enumerable.Range(0, 100).Select(suite.Plan));

    // Chaos itself notices where a resume has not used what orphaned nodes left: here nothing else happens that could excuse it.
    [Fact]
    [Trait("Category", "Long")]
    public void AResumeInAnotherWorldGoesOnFromWhatOrphansLeft()
    {
        var folder = Directory.CreateTempSubdirectory("atomgrains-chaos-").FullName;
        using (var machine = new ChaosMachine(folder, arguments => AtomProgram.StartInfo(arguments)))
        {
            var suite = new ChaosSuite(machine, Seed, [ChaosKind.Orphans], Workers);
            var plan = suite.Plan(0) with
            {
                Workers = 3,
                Spares = 0,
                Partitions = 4,
                CheckpointEvery = 10,
                Supervise = false,
                Strikes = [new ChaosStrike(ChaosKind.Orphans, 20) { Workers = 2, Partitions = 3 }],
            };
            var outcome = suite.Run(plan, CancellationToken.None);
            Assert.True(outcome.Holds, string.Join('\n', outcome.Violations));
            Assert.Equal(ChaosKind.Orphans, Assert.Single(outcome.Struck).Strike.Kind);
        }

        Directory.Delete(folder, recursive: true);
    }

    // Every kind that this machine allows, with as few processes to start as may be: starting them is what takes the time.
    private static List<ChaosPlan> ADozenOfEveryKind(ChaosSuite suite)
    {
        var waiting = Enumerable.Range(0, Candidates).Select(suite.Plan).Where(plan => plan.Spec != ChaosSpec.All[^1]).ToList();
        var chosen = new List<ChaosPlan>();
        while (chosen.Count < Dozen)
        {
            var next = waiting.MaxBy(plan => (1e-3 + plan.Kinds.Except(chosen.SelectMany(other => other.Kinds)).Count()) / Processes(plan))!;
            waiting.Remove(next);
            chosen.Add(next);
        }

        return chosen;
    }

    // Supervisor, the question to the engine, workers, spares, a replacement each, and all of it again for a resume.
    private static int Processes(ChaosPlan plan) =>
        2 + plan.Workers + plan.Spares + plan.Strikes.Count + plan.Strikes.Sum(strike => strike.Workers is { } workers ? 2 + workers : 0);

    private void Hold(ulong seed, Func<ChaosSuite, IEnumerable<ChaosPlan>> plans)
    {
        var kinds = ChaosKinds.All.Where(kind => ChaosMachine.Missing(kind) is null).ToList();
        var summary = new ChaosSummary();
        var folder = Directory.CreateTempSubdirectory("atomgrains-chaos-").FullName;
        using (var machine = new ChaosMachine(folder, arguments => AtomProgram.StartInfo(arguments)))
        {
            var suite = new ChaosSuite(machine, seed, kinds, Workers);
            foreach (var plan in plans(suite))
            {
                var outcome = suite.Run(plan, CancellationToken.None);
                summary.Add(outcome);
                output.WriteLine($"{plan.Number} ({outcome.Took.TotalSeconds:F1} s): {plan}");
                Assert.True(outcome.Holds, $"{plan}\n{string.Join('\n', outcome.Violations)}\nkept in {suite.FolderOf(plan)}; ./atom chaos --seed {seed} --plan {plan.Number} --workers {Workers}");
            }
        }

        Assert.All(kinds, kind => Assert.True(summary.Injected(kind) > 0, $"{ChaosKinds.NameOf(kind)} was not injected"));
        Directory.Delete(folder, recursive: true);
    }
}
