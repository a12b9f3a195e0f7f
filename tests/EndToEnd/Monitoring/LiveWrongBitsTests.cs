using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.EndToEnd.Tests.Telemetry;

namespace AtomGrains.EndToEnd.Tests.Monitoring;

/// <summary>A real Prometheus with the real rules on a run that ends in the moment in which there is something to tell of it.</summary>
public sealed class LiveWrongBitsTests
{
    private static readonly string[] Told = ["AtomGrainsRunStopped", "AtomGrainsWrongBits"];

    [FactWithPrometheus]
    public async Task ARunThatStopsForWrongBitsIsToldOfWhenItsProcessIsGone()
    {
        var port = FreePort.Any();
        using var prometheus = new PrometheusProcess($"127.0.0.1:{port}", AlertWatch.Rules);

        // The run is over in seconds: whoever watches is there first, and finds nobody.
        await new AlertWatch(prometheus, () => "").Is("up", 0);
        using var run = TrainProcess.Start(Spec.Medium, workers: 2, ["flip:worker=0@step=40"], ["--audit-lanes", "1", "--metrics-port", $"{port}"]);
        var watch = new AlertWatch(prometheus, () => run.Output);
        await watch.Is("atomgrains_run_stopped", 0);
        var finished = await run.Finish();
        Assert.True(finished.ExitCode == 1, finished.ToString());
        await watch.FireAlone(Told);
    }
}
