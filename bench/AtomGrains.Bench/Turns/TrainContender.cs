using System.Globalization;
using AtomGrains.Bench.Runs;

namespace AtomGrains.Bench.Turns;

/// <summary>A run that trains until it is told to end: its supervisor and whatever that has started.</summary>
internal sealed class TrainContender : Contender
{
    private readonly TrainRun _run;

    public TrainContender(params IEnumerable<string> arguments)
        : this(BenchHost.Local, arguments)
    {
    }

    // Whoever is paused on purpose must not be left out of the world for it.
    public TrainContender(BenchHost host, params IEnumerable<string> arguments)
    {
        _run = new TrainRun(host, ["--workers", "2", "--steps", "100000", "--pause-after", "600", .. arguments]);
        _run.Watch.LookSeldom();
    }

    public TrainRun Run => _run;

    protected override IReadOnlyList<int> Processes => [_run.SupervisorPid, .. DescendantsOf(_run.SupervisorPid)];

    protected override IReadOnlyList<(IReadOnlyList<long> Steps, double TokensPerStep)> Tracks
    {
        get
        {
            var steps = _run.Watch.Steps;
            return [([.. steps.Select(step => step.SeenAt)], steps.Count == 0 ? 0 : steps[0].Line.Tokens)];
        }
    }

    /// <summary>Ends it.</summary>
    /// <exception cref="TimeoutException">Its world has changed since a step: what was measured was not undisturbed.</exception>
    public void End(int sinceStep)
    {
        Continue();
        _run.Stop();
        if (_run.Watch.Steps.Skip(sinceStep).Select(step => step.Line.Generation).Distinct().Count() > 1)
        {
            throw new TimeoutException("the world changed while it was measured");
        }
    }

    public override void Dispose()
    {
        Continue();
        _run.Dispose();
    }

    // Source: proc(5), the fourth field of stat; the second may hold blanks and ends with the last bracket.
    private static IEnumerable<int> DescendantsOf(int process)
    {
        var parents = new Dictionary<int, int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            try
            {
                var stat = File.ReadAllText(Path.Combine(folder, "stat"));
                parents[int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)] = int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
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
