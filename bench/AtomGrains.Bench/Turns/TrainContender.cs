using System.Globalization;
using AtomGrains.Bench.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.Bench.Turns;

/// <summary>A run that trains until it is told to end: its supervisor and whatever that has started.</summary>
internal sealed class TrainContender : Contender
{
    public TrainContender(params IEnumerable<string> arguments)
        : this(BenchHost.Local, arguments)
    {
    }

    // Whoever is paused on purpose must not be left out of the world for it.
    public TrainContender(BenchHost host, params IEnumerable<string> arguments)
    {
        Run = new TrainRun(host, ["--workers", "2", "--steps", "100000", "--pause-after", "600", .. arguments]);
        Run.Watch.LookSeldom();
    }

    public TrainRun Run { get; }

    protected override IReadOnlyList<int> Processes => [Run.SupervisorPid, .. DescendantsOf(Run.SupervisorPid)];

    protected override IReadOnlyList<(IReadOnlyList<long> Steps, double TokensPerStep)> Tracks
    {
        get
        {
            var steps = Run.Watch.Steps;
            return [([.. steps.Select(step => step.SeenAt)], steps.Count == 0 ? 0 : steps[0].Line.Tokens)];
        }
    }

    /// <summary>Ends it.</summary>
    /// <exception cref="TimeoutException">Its world has changed since a step: what was measured was not undisturbed.</exception>
    public void End(int sinceStep)
    {
        Continue();
        Run.Stop();
        if (Run.Watch.Steps.Skip(sinceStep).Select(step => step.Line.Generation).Distinct().Count() > 1)
        {
            throw new TimeoutException("the world changed while it was measured");
        }
    }

    public override void Dispose()
    {
        Continue();
        Run.Dispose();
    }

    private static IEnumerable<int> DescendantsOf(int process)
    {
        var parents = new Dictionary<int, int>();
        foreach (var name in Directory.EnumerateDirectories("/proc").Select(folder => Path.GetFileName(folder)).Where(name => char.IsAsciiDigit(name[0])))
        {
            var candidate = int.Parse(name, CultureInfo.InvariantCulture);
            try
            {
                parents[candidate] = int.Parse(ProcessStat.Fields(candidate)[ProcessStat.Parent], CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // It ended in between.
            }
        }

        return parents.Keys.Where(IsBelow);

        bool IsBelow(int candidate) => parents.TryGetValue(candidate, out var parent) && (parent == process || IsBelow(parent));
    }
}
