using AtomGrains.Bench.Checkpoints;
using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Parts;
using AtomGrains.Bench.Recovery;
using AtomGrains.Bench.Silos;
using AtomGrains.Bench.Throughput;
using AtomGrains.Bench.Transport;

namespace AtomGrains.Bench;

/// <summary>All benches by name, and what is done with their figures: a table, a file, and an exit code.</summary>
internal static class Suite
{
    private const int FiguresMissed = 1;
    private const int BadUsage = 2;

    private static readonly (string Name, Func<BenchOptions, IReadOnlyList<Figure>> Measure)[] Benches =
    [
        ("throughput", ThroughputBench.Measure),
        ("roots", SwitchBench.Roots),
        ("replicas", SwitchBench.Replicas),
        ("recovery", RecoveryBench.Measure),
        ("spare", SpareBench.Measure),
        ("supervisor", SupervisorBench.Measure),
        ("pause", PauseBench.Measure),
        ("memory", MemoryBench.Measure),
        ("checkpoint", CheckpointBench.Measure),
        ("startup", StartupBench.Measure),
        ("lane", LaneBench.Measure),
        ("simulator", SimulatorBench.Measure),
        ("transport", TransportBench.Measure),
    ];

    private static readonly (string Name, Func<BenchOptions, IReadOnlyList<Figure>> Measure)[] OfSilos =
    [
        ("kill", SiloKillBench.Measure),
        ("pair", HostPairBench.Measure),
        ("messages", ControlMessagesBench.Measure),
    ];

    public static IEnumerable<string> Names(BenchHost host) => Of(host).Select(bench => bench.Name);

    public static int Run(IReadOnlyList<string> arguments)
    {
        if (BenchOptions.Parse(arguments, out var error) is not { } options)
        {
            Console.Error.WriteLine($"{error}; {BenchOptions.Usage}");
            return BadUsage;
        }

        var machine = Machine.Describe();
        var command = string.Join(' ', arguments.Prepend("./atom bench"));
        Console.WriteLine($"{command}   on {machine}");
        var figures = new List<Figure>();
        foreach (var (name, measure) in Of(options.Host).Where(bench => options.Names.Count == 0 || options.Names.Contains(bench.Name)))
        {
            Console.WriteLine($"{name} ({Machine.Load}) ...");
            var measured = Measure(name, measure, options);
            figures.AddRange(measured);
            Console.WriteLine(FigureTable.Of(measured));
        }

        var missed = figures.Where(figure => !figure.IsMet).ToList();
        if (options.Out is { } path)
        {
            new BenchResult { Command = command, Machine = machine, Figures = figures }.Write(path);
        }

        missed.ForEach(figure => Console.Error.WriteLine($"missed: {figure.Name} is {figure.Value:G4} {figure.Unit}, the bound is {figure.Bound}"));
        return missed.Count == 0 ? 0 : FiguresMissed;
    }

    private static (string Name, Func<BenchOptions, IReadOnlyList<Figure>> Measure)[] Of(BenchHost host) =>
        host == BenchHost.Orleans ? OfSilos : Benches;

    // A run that hangs is a figure that is missed, and no reason to leave the others unmeasured.
    private static IReadOnlyList<Figure> Measure(string name, Func<BenchOptions, IReadOnlyList<Figure>> measure, BenchOptions options)
    {
        try
        {
            return measure(options);
        }
        catch (TimeoutException error)
        {
            Console.Error.WriteLine($"{name}: {error.Message}");
            return [new Figure($"{name}: completed", "runs", [0]) { AtLeast = 1 }];
        }
    }
}
