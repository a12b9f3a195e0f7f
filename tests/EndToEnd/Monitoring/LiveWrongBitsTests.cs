using System.Net;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.EndToEnd.Tests.Telemetry;
using AtomGrains.Node.Transport;

namespace AtomGrains.EndToEnd.Tests.Monitoring;

/// <summary>A real Prometheus with the real rules on a run that ends in the moment in which there is something to tell of it.</summary>
public sealed class LiveWrongBitsTests
{
    private static readonly string[] Told = ["AtomGrainsRunStopped", "AtomGrainsWrongBits"];

    [FactWithPrometheus]
    [Trait("Category", "Long")]
    public Task ARunThatStopsForWrongBitsIsToldOfWhenItsProcessIsGone() => LongEnough.Run(Spec.Medium, async spec =>
    {
        var port = FreePort.On(IPAddress.Loopback);
        using var prometheus = new PrometheusProcess($"127.0.0.1:{port}", AlertWatch.Rules);

        // The run is over in seconds: whoever watches is there first, and finds nobody.
        await new AlertWatch(prometheus, () => "").Is("up", 0);
        using var run = TrainProcess.Start(spec, workers: 2, [$"flip:worker=0@step={spec.Steps * 4 / 15}"], ["--audit-lanes", "1", "--metrics-port", $"{port}"]);
        var watch = new AlertWatch(prometheus, () => run.Output);
        await new AlertWatch(prometheus, () => run.Output, () => EndedFirst(run)).Is("atomgrains_run_stopped", 0);
        var finished = await run.Finish();
        Assert.True(finished.ExitCode == 1, finished.ToString());
        await watch.FireAlone(Told);
    });

    // It ends with an error, as it has to, and has been seen before.
    private static void EndedFirst(TrainProcess run)
    {
        if (run.HasExited)
        {
            throw new RunEndedFirstException($"the run ended before it was known to Prometheus\n{run.Output}");
        }
    }
}
