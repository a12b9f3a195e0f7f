using AtomGrains.Chaos;
using AtomGrains.Chaos.Machine;
using AtomGrains.Chaos.Plans;
using Xunit.Abstractions;

namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>Chaos plans of runs of one host, each of which has to hold.</summary>
/// <param name="host">As <c>--host</c> has it.</param>
internal sealed class ChaosPlans(string host, ITestOutputHelper output)
{
    private const int Workers = 3;
    private const int Candidates = 200;

    /// <summary>What this machine can do to runs of the host.</summary>
    public IReadOnlyList<ChaosKind> Kinds { get; } = [.. ChaosKinds.On(host).Where(kind => ChaosMachine.Missing(kind, host) is null)];

    /// <summary>So many that together have every kind, with as few processes to start as may be: starting them is what takes the time.</summary>
    public static IEnumerable<ChaosPlan> OfEveryKind(ChaosSuite suite, int plans)
    {
        var waiting = Enumerable.Range(0, Candidates).Select(suite.Plan).Where(plan => plan.Spec != ChaosSpec.All[^1]).ToList();
        var chosen = new List<ChaosPlan>();
        while (chosen.Count < plans)
        {
            var next = waiting.MaxBy(plan => (1e-3 + plan.Kinds.Except(chosen.SelectMany(other => other.Kinds)).Count()) / Processes(plan))!;
            waiting.Remove(next);
            chosen.Add(next);
        }

        return chosen;
    }

    /// <summary>Carries plans out, of which every kind has to strike.</summary>
    /// <param name="kinds">Those that are allowed.</param>
    public void Hold(ulong seed, IReadOnlyList<ChaosKind> kinds, Func<ChaosSuite, IEnumerable<ChaosPlan>> plans)
    {
        var summary = new ChaosSummary();
        var folder = Directory.CreateTempSubdirectory("atomgrains-chaos-").FullName;
        using (var machine = new ChaosMachine(folder, arguments => AtomProgram.StartInfo(arguments)))
        {
            var suite = new ChaosSuite(machine, seed, new ChaosBounds(host, kinds, Workers));
            foreach (var plan in plans(suite))
            {
                var outcome = suite.Run(plan, CancellationToken.None);
                summary.Add(outcome);
                output.WriteLine($"{plan.Number} ({outcome.Took.TotalSeconds:F1} s): {plan}");
                Assert.True(outcome.Holds, $"{plan}\n{string.Join('\n', outcome.Violations)}\nkept in {suite.FolderOf(plan)}; ./atom chaos --host {host} --seed {seed} --plan {plan.Number} --workers {Workers} --only {string.Join(',', kinds.Select(ChaosKinds.NameOf))}");
            }
        }

        Assert.All(kinds, kind => Assert.True(summary.Injected(kind) > 0, $"{ChaosKinds.NameOf(kind)} was not injected"));
        Directory.Delete(folder, recursive: true);
    }

    // Supervisor, the question to the engine, workers, spares, a replacement each, and all of it again for a resume.
    private static int Processes(ChaosPlan plan) =>
        2 + plan.Workers + plan.Spares + plan.Strikes.Count + plan.Strikes.Sum(strike => strike.Workers is { } workers ? 2 + workers : 0);
}
