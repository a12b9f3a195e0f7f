using System.Text.Json.Nodes;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Runs;

/// <summary>The names that others read: those of the status, the report, the metrics and the ledger.</summary>
public sealed class ContractTests
{
    [Fact]
    public Task StatusReportMetricsAndLedgerKeepTheirNames() => LongEnough.Run(Spec.Medium, async spec =>
    {
        using var run = TrainProcess.Start(spec, workers: 2);
        var status = await run.Trains(2, step: 2);
        var said = await AtomProgram.Run("status", "--out", run.Folder, "--json");
        Assert.Equal((0, ""), (said.ExitCode, said.Errors));
        var json = JsonNode.Parse(said.Output)!;
        Assert.Equal(["step", "loss", "generation", "waiting_for", "quarantined", "checkpoint_step", "metrics", "processes", "running", "finished"], Names(json));
        await run.Holds("the word of a run that goes on", () => (bool)json["running"]!);
        Assert.Equal((true, false), ((bool)json["running"]!, (bool)json["finished"]!));
        Assert.Equal(["supervisor", "node", "node"], json["processes"]!.AsArray().Select(process => (string)process!["role"]!));
        Assert.Equal(run.Pid, (int)json["processes"]![0]!["pid"]!);
        Assert.All(json["processes"]!.AsArray(), process => Assert.Equal(["pid", "role", "worker", "lanes", "partitions", "state"], Names(process!)));
        Assert.Equal(Enumerable.Range(0, 8), json["processes"]!.AsArray().SelectMany(process => process!["lanes"]!.AsArray()).Select(lane => (int)lane!).Order());

        await run.Strike(Signals.Kill, status.Worker(1).Pid);
        var finished = await run.Finish();
        await finished.EqualsTheCalmRun();
        finished.LastedUntil("a recovery", finished.Report!["recoveries"]!.AsArray().Count > 0);
        var phases = new[] { "detect", "fence", "reassign", "transfer", "replay" };
        Assert.Equal(
            [
                "steps_committed", "steps_skipped", "train_loss_last", "val_loss", "weights_sha256", "workers_started", "faults", "recoveries",
                "lanes_recomputed", "duplicate_pushes_rejected", "stale_generation_rejected", "early_rejected", "late_rejected", "other_history_rejected", "not_trusted_rejected",
                "samples_from_holders", "samples_from_file", "lane_audits", "tokens_per_second", "peak_rss_bytes",
            ],
            Names(finished.Report!));
        Assert.Equal(["kind", "step", "seconds"], Names(finished.Report!["recoveries"]![0]!));
        Assert.Equal(phases, Names(finished.Report["recoveries"]![0]!["seconds"]!));
        Assert.Equal(["supervisor", "node"], Names(finished.Report["peak_rss_bytes"]!));
        Assert.Equal(["step", "loss", "loss_bits", "tokens", "seconds", "lr", "grad_norm", "skipped", "generation", "lineage", "root"], Names(finished.Metrics[0]));
        Assert.Equal(["pull", "compute", "push", "seal", "apply"], Names(finished.Metrics[0]["seconds"]!));
        var fault = Assert.Single(finished.Faults);
        Assert.Equal(
            ["schema", "ts", "kind", "role", "who", "step", "generation_before", "generation_after", "steps_redone", "lanes_redone", "seconds", "detail"], Names(fault));
        Assert.Equal(phases, Names(fault["seconds"]!));
    });

    [Fact]
    public async Task MetricsSayWhereTheTimeOfAStepWent()
    {
        var calm = await CalmRuns.Of(Spec.Medium);
        Assert.All(calm.Metrics, line => Assert.True((double)line["seconds"]!["compute"]! > 0, line.ToJsonString()));
        Assert.All(calm.Metrics, line => Assert.Equal(256, (long)line["tokens"]!));
        Assert.Equal(Spec.Medium.Steps, calm.Count("steps_committed"));
        Assert.Equal((0, 0, 0), (calm.Count("steps_skipped"), calm.Count("lanes_recomputed"), calm.Count("faults")));
        Assert.True((double)calm.Report!["tokens_per_second"]! > 0);
        Assert.Equal((double)calm.Metrics[^1]["loss"]!, (double)calm.Report["train_loss_last"]!);
    }

    private static IEnumerable<string> Names(JsonNode node) => node.AsObject().Select(property => property.Key);
}
