using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Runs;
using AtomGrains.Node.Workers;

namespace AtomGrains.Bench.Recovery;

/// <summary>
/// Two hundred kills in one run of a tiny model: what the supervisor and a worker that survives them all hold, and
/// what a recovery takes, after the first quarter of the kills and in the last. Their nursery is 1 MiB for 16: a full one
/// comes and goes by more than may stay.
/// </summary>
internal static class MemoryBench
{
    private const int Workers = 3;
    private const int Survivor = 0;
    private const string NurseryVariable = "DOTNET_GCgen0size";
    private const string Nursery = "0x100000";

    // A heap breathes between two collections: growth is what exceeds this. 200 kills that leak 32 KiB each show.
    private const double MostGrowthMegabytes = 4;

    // A link to a process that starts or ends at that very moment is open or not: one each way, and its listener's.
    private const double MostGrowthDescriptors = 3;

    // A run's pauses differ by this much between quarters without any fault.
    private const double MostGrowthMilliseconds = 20;

    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        var usual = Environment.GetEnvironmentVariable(NurseryVariable);
        Environment.SetEnvironmentVariable(NurseryVariable, Nursery);
        try
        {
            return MeasureAsInherited(options);
        }
        finally
        {
            Environment.SetEnvironmentVariable(NurseryVariable, usual);
        }
    }

    private static IReadOnlyList<Figure> MeasureAsInherited(BenchOptions options)
    {
        using var run = new TrainRun(
            "--workers", $"{Workers}", "--steps", "10000000", "--layers", "1", "--heads", "1", "--width", "32",
            "--context", "32", "--global-batch", "16", "--lanes", "16", "--block-elements", "1024");
        var series = new KillSeries(run, Workers, calmSteps: 10);
        var (supervisor, survivor) = (new List<ProcessMemory>(), new List<ProcessMemory>());
        var kills = options.Count(200, 12);
        for (var i = 0; i < kills; i++)
        {
            series.Strike(1 + (i % (Workers - 1)), Signals.Kill);
            supervisor.Add(ProcessMemory.Of(run.SupervisorPid));
            survivor.Add(ProcessMemory.Of(run.Workers().Single(process => process.Worker == Survivor).Pid));
        }

        series.WaitForCalm();
        var report = run.Stop();
        var undisturbed = Figure.MedianOf(series.CalmSteps());
        var delays = series.Kills.Select(kill => series.Delay(kill, undisturbed)).ToList();
        // A dozen kills fall into the time in which a process warms up: their growth is shown and bounds nothing.
        Figure Growth(string name, string unit, IEnumerable<double> samples, double most) => GrowthOf(name, unit, samples, options.Quick ? null : most);

        return
        [
            new Figure("kills survived", "kills", [report.Faults]) { AtLeast = kills },
            new Figure("supervisor, resident", "MB", [.. supervisor.Select(memory => memory.Megabytes)]),
            Growth("supervisor, resident", "MB", supervisor.Select(memory => memory.Megabytes), MostGrowthMegabytes),
            Growth("supervisor, descriptors", "descriptors", supervisor.Select(memory => (double)memory.Descriptors), MostGrowthDescriptors),
            new Figure("survivor, resident", "MB", [.. survivor.Select(memory => memory.Megabytes)]),
            Growth("survivor, resident", "MB", survivor.Select(memory => memory.Megabytes), MostGrowthMegabytes),
            Growth("survivor, descriptors", "descriptors", survivor.Select(memory => (double)memory.Descriptors), MostGrowthDescriptors),
            new Figure("interrupted step ends later by", "ms", delays),
            Growth("interrupted step ends later by", "ms", delays, MostGrowthMilliseconds),
            new Figure("steps lost or repeated", "steps", [series.StepsLost()]) { AtMost = 0 },
        ];
    }

    private static Figure GrowthOf(string name, string unit, IEnumerable<double> samples, double? most)
    {
        var all = samples.ToList();
        var quarter = Math.Max(1, all.Count / 4);
        return new Figure($"{name}: last quarter less first", unit, [Figure.MedianOf(all.TakeLast(quarter)) - Figure.MedianOf(all.Take(quarter))]) { AtMost = most };
    }
}
