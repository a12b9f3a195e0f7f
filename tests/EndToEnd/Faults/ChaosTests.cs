using System.Diagnostics;
using System.Globalization;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;
using Xunit.Abstractions;

namespace AtomGrains.EndToEnd.Tests.Faults;

/// <summary>
/// Signals from outside at random moments, run after run. The seed decides which and to whom; the moments are the
/// machine's, so a seed repeats the plan and not every race.
/// </summary>
[Trait("Category", "Long")]
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const string MinutesVariable = "ATOMGRAINS_CHAOS_MINUTES";
    private const string SeedVariable = "ATOMGRAINS_CHAOS_SEED";
    private const int Workers = 5;

    // A run that loses both copies of a partition begins again: strikes without an end could keep it from ending.
    private const int MostStrikes = 20;

    [Fact]
    public async Task RandomSignalsFromOutsideChangeNoBit()
    {
        var minutes = double.Parse(Environment.GetEnvironmentVariable(MinutesVariable) ?? "10", CultureInfo.InvariantCulture);
        var seed = int.Parse(Environment.GetEnvironmentVariable(SeedVariable) ?? $"{Environment.TickCount & 0xffff}", CultureInfo.InvariantCulture);
        var kills = 0;
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started).TotalMinutes < minutes; seed++)
        {
            output.WriteLine($"by hand: {SeedVariable}={seed} {MinutesVariable}=0.1 ./atom test --long");
            kills += await Round(new Random(seed));
        }

        Assert.True(kills > 0, "no process was killed");
    }

    /// <returns>Processes killed.</returns>
    private async Task<int> Round(Random random)
    {
        using var run = TrainProcess.Start(Spec.Long, Workers, options: ["--spares", $"{random.Next(2)}"], pauseAfter: 3.5);
        var paused = new List<int>();
        var killed = new HashSet<int>();
        for (var strike = 0; strike < MostStrikes && await Moment(run, random) is { } status; strike++)
        {
            var victim = status.Running[random.Next(status.Running.Count)];
            var signal = random.Next(10) switch
            {
                < 6 => Signals.Kill,
                < 8 => Signals.Stop,
                _ => Signals.Terminate,
            };
            var struck = Signals.Send(victim.Pid, signal);
            output.WriteLine($"step {status.Step}: signal {signal} to worker {victim.Worker} (process {victim.Pid}){(struck ? "" : ", which was gone")}");
            if (struck && signal == Signals.Kill)
            {
                killed.Add(victim.Pid);
            }

            // Who was paused wakes up at some later strike, replaced or not.
            paused.ForEach(pid => Signals.Send(pid, Signals.Continue));
            paused.Clear();
            if (signal == Signals.Stop)
            {
                paused.Add(victim.Pid);
            }
        }

        paused.ForEach(pid => Signals.Send(pid, Signals.Continue));
        var finished = await run.Finish();
        output.WriteLine(finished.ToString());
        await finished.EqualsTheCalmRun();
        Assert.True(killed.Count == 0 || finished.Count("faults") > 0, finished.ToString());
        return killed.Count;
    }

    // Some steps later, or some steps into a new history; null when the run is over.
    private static async Task<RunStatus?> Moment(TrainProcess run, Random random)
    {
        var before = run.Status()?.Step ?? 0;
        var steps = random.Next(1, 8);
        RunStatus? seen = null;
        await Eventually.Holds(
            $"{steps} steps after step {before}",
            () => run.HasExited || ((seen = run.Status()) is { Running.Count: > 1 } status && (status.Step >= before + steps || status.Step < before)),
            () => run.Output);
        return run.HasExited ? null : seen;
    }
}
