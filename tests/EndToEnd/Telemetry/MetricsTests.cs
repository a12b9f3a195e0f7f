using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.EndToEnd.Tests.Telemetry;

/// <summary>The metrics of a run, as who watches it sees them.</summary>
public sealed class MetricsTests
{
    [FactWithPrometheus]
    public Task APrometheusThatScrapesARunKnowsItsFaultAndHowLongTheRecoveryTook() => LongEnough.Run(Spec.Long with { Steps = 2000 }, async spec =>
    {
        using var run = TrainProcess.Start(spec, workers: 3, ["kill:worker=1@step=12/compute"], ["--metrics-port", "0", "--checkpoint-every", "5"]);
        var url = (string)(await run.Shows("the page's address", status => status.Json["metrics"] is not null)).Json["metrics"]!;
        using var prometheus = new PrometheusProcess(new Uri(url).Authority);

        // Recovered, and all three there again.
        var faults = await Known(run, prometheus, "atomgrains_faults_total{kind=\"kill\",role=\"node\"}");
        var replays = await Known(run, prometheus, "atomgrains_recovery_seconds_count{phase=\"replay\"}");
        var replay = await Known(run, prometheus, "atomgrains_recovery_seconds_sum{phase=\"replay\"}");
        await Known(run, prometheus, "atomgrains_workers == 3");
        Assert.Equal((1, 1), (faults, replays));
        Assert.InRange(await Known(run, prometheus, "atomgrains_recovery_seconds_sum{phase=\"detect\"}"), 0, 10);
        Assert.InRange(await Known(run, prometheus, "histogram_quantile(0.5, rate(atomgrains_step_seconds_bucket{phase=\"compute\"}[1m]))"), 0.001, 60);
        Assert.True(await Known(run, prometheus, "atomgrains_steps_committed_total") > 12);
        Assert.True(await Known(run, prometheus, "atomgrains_lanes_recomputed_total") > 0);
        Assert.True(await Known(run, prometheus, "atomgrains_transport_bytes_total{direction=\"out\"}") > 0);
        Assert.InRange(await Known(run, prometheus, "atomgrains_effective_training_time_ratio"), 0.0001, 1);
        Assert.InRange(await Known(run, prometheus, "atomgrains_goodput_ratio"), 0.0001, 1);
        Assert.InRange(await Known(run, prometheus, "atomgrains_checkpoint_write_seconds_count"), 1, 10_000);
        Assert.InRange(await Known(run, prometheus, "atomgrains_checkpoint_blocked_seconds_sum / atomgrains_checkpoint_blocked_seconds_count"), 0, 1);
        Assert.InRange(await Known(run, prometheus, "atomgrains_checkpoint_age_steps"), 0, 10_000);

        using var client = new HttpClient();
        Assert.Equal("", await PrometheusProcess.Check(await client.GetStringAsync(url)));
        run.Signal(2);
        var finished = await run.Finish();

        // What was scraped is what the ledger says.
        Assert.Equal((double)finished.Fault("kill", 1)["seconds"]!["replay"]!, replay, 6);
    });

    [Fact]
    public async Task APortThatIsTakenIsALineAndExitCodeTwoBeforeAnythingIsWritten()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        using var run = TrainProcess.Start(Spec.Short, workers: 1, options: ["--metrics-port", $"{port}"]);
        var finished = await run.Finish();
        Assert.Equal(2, finished.ExitCode);
        Assert.Equal($"error: --metrics-port {port}: cannot be listened on (AddressAlreadyInUse); must be a free port, or 0 for any free one", finished.Errors.Trim());
        Assert.False(Directory.Exists(run.Folder));
    }

    private static async Task<double> Known(TrainProcess run, PrometheusProcess prometheus, string query)
    {
        double? value = null;
        for (var asked = DateTime.UtcNow; value is null; await Task.Delay(50))
        {
            await run.Holds($"{query}, known to Prometheus", () => true);
            Assert.True(DateTime.UtcNow - asked < TimeSpan.FromSeconds(120), $"Prometheus never knew {query}");
            value = await prometheus.Ask(query);
        }

        return value.Value;
    }
}
