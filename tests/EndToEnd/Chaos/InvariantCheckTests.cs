using AtomGrains.Chaos.Checks;
using AtomGrains.Chaos.Plans;
using AtomGrains.Chaos.Runs;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Membership;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Storage;

namespace AtomGrains.EndToEnd.Tests.Chaos;

/// <summary>What the checks of a chaos plan have to notice: each invariant that shows in files is broken once.</summary>
public sealed class InvariantCheckTests
{
    private static readonly ChaosPlan Plan = new(1, 0)
    {
        Spec = new ChaosSpec("short", Spec.Short.Steps, 8, 4, []),
        Host = TrainOptions.LocalHost,
        Workers = 2,
        Spares = 0,
        Partitions = 4,
        CheckpointEvery = 0,
        Store = ChaosStore.Own,
        Supervise = false,
        OrphanGrace = TimeSpan.FromSeconds(60),
        Strikes = [],
    };

    [Fact]
    public async Task EachBrokenInvariantIsNoticed()
    {
        using var calm = TrainProcess.Start(Spec.Short, workers: 2, ["kill:worker=1@step=5/push"]);
        (await calm.Finish()).HasEnded();
        var run = RunFacts.Read(calm.Folder, $"{calm.Folder}.report.json");
        StruckFault[] struck = [new(new ChaosStrike(ChaosKind.Kill, 5) { Worker = 1 }, "n2 worker 1", 5)];
        Assert.Empty(Check(run, run, struck));

        var line = run.Lines[6];
        Noticed("I5", run with { Lines = Changed(run.Lines, 6, line with { LossBits = "0" }) });
        Noticed("I5", run with { Lines = Changed(run.Lines, 6, line with { Root = "0" }) });
        Noticed("I5", run with { Lines = Changed(run.Lines, 11, run.Lines[11] with { Root = null }) });
        Noticed("I5", run with { Lines = [.. run.Lines.SkipLast(1)] });
        Noticed("I5", run with { WeightsFileHash = "0" });
        Noticed("I5", run with { GivenUp = [line with { Lineage = 0, LossBits = "0" }] });
        Noticed("I3", run with { GivenUp = [line with { Lineage = 0 }, line with { Lineage = 0, Step = 8 }] });
        Noticed("I8", run with { GivenUp = [line with { LossBits = "0" }] });
        Noticed("I8", run with { Views = [.. run.Views.Skip(1)] });
        Noticed("I8", run with { Views = [.. run.Views.Select((entry, number) => (entry.Generation, entry.View with { Lineage = new Lineage(new Generation(number == 0 ? 9 : 1)) }))] });
        Noticed("I7", run with { Views = [.. run.Views.Select(entry => (entry.Generation, entry.View with { LaneOwners = entry.View.LaneOwners[1..] }))] });
        Noticed("I4", run with { Ledger = run.Ledger with { Lines = [.. run.Ledger.Lines, run.Ledger.Lines[0] with { Kind = FaultLedger.Mismatch }] } });
        Noticed("I11", run with { Ledger = run.Ledger with { Lines = [] } });
        Noticed("I11", run with { Ledger = run.Ledger with { Open = [run.Ledger.Lines[0]] } });
        Noticed("I11", run with { Ledger = run.Ledger with { TornBytes = 1 } });
        Noticed("I11", run with { Ledger = run.Ledger with { Lines = [.. run.Ledger.Lines.Select(told => told with { Kind = "exit" })] } });
        Noticed("I12", run with { Report = run.Report! with { PeakRssBytes = new Dictionary<string, long> { ["node"] = 1L << 40 } } });
        Assert.Contains(new InvariantCheck(Plan, run, run, struck, descriptors: 4000).Violations(), violation => violation.StartsWith("I12", StringComparison.Ordinal));

        // A line of the metrics itself goes.
        var metrics = Path.Combine(calm.Folder, "metrics.jsonl");
        var lines = await File.ReadAllLinesAsync(metrics);
        await File.WriteAllLinesAsync(metrics, [.. lines[..4], .. lines[5..]]);
        Assert.Contains(Check(run, run, struck), violation => violation.StartsWith("I1:", StringComparison.Ordinal));

        void Noticed(string invariant, RunFacts broken) =>
            Assert.Contains(Check(run, broken, struck), violation => violation.StartsWith(invariant + ":", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Check(RunFacts calm, RunFacts run, IReadOnlyList<StruckFault> struck) => new InvariantCheck(Plan, calm, run, struck, 100).Violations();

    private static IReadOnlyList<MetricsLine> Changed(IReadOnlyList<MetricsLine> lines, int at, MetricsLine line) => [.. lines.Take(at), line, .. lines.Skip(at + 1)];
}
