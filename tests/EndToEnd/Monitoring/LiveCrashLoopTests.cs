using System.Globalization;
using System.Net;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.EndToEnd.Tests.Telemetry;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Monitoring;

/// <summary>A real Prometheus with the real rules on a run whose coordinator is killed again and again.</summary>
public sealed class LiveCrashLoopTests
{
    private const string CrashLoop = "AtomGrainsSiloCrashLoop";

    [FactWithPrometheus]
    [Trait("Category", "Long")]
    public async Task WithMinutesTakenForSecondsACoordinatorThatIsKilledAgainAndAgainIsACrashLoopUntilItLives()
    {
        var port = FreePort.On(IPAddress.Loopback);
        using var run = TrainProcess.Start(Spec.Long with { Steps = 100_000 }, workers: 1, options: ["--supervise", "--metrics-port", $"{port}"]);
        await run.Trains(workers: 1);
        using var prometheus = new PrometheusProcess($"127.0.0.1:{port}", AlertWatch.Rules);
        var start = "";
        var deaths = 0;
        for (; !(await prometheus.Alerts("firing")).Contains(CrashLoop); deaths++)
        {
            // Seen by Prometheus, and at work: without a step between, a few deaths end the run.
            var before = start;
            start = await Eventually.Answers("a new start of the coordinator", async () =>
                (await prometheus.Ask("process_start_time_seconds"))?.ToString("R", CultureInfo.InvariantCulture) is { } now && now != before ? now : null);
            var step = run.Status()!.Step;
            var living = await run.Shows("a step of a new coordinator", status => status.Step > step && status.SupervisorPid is not null);
            Assert.True(Signals.Send(living.SupervisorPid!.Value, Signals.Kill));
            Assert.InRange(deaths, 0, 20);
        }

        Assert.InRange(deaths, 3, 20);
        await new AlertWatch(prometheus, () => run.Output).Clears(CrashLoop);
        Assert.False(run.HasExited, run.Output);
        run.Signal(2);
        await run.Finish();
    }
}
