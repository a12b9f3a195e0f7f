using AtomGrains.Chaos.Plans;
using AtomGrains.Chaos.Runs;
using Spectre.Console;

namespace AtomGrains.Chaos;

/// <summary>What a suite has done: each kind counted as it really struck, and how long the runs took to get on.</summary>
internal sealed class ChaosSummary
{
    private readonly List<PlanOutcome> _outcomes = [];

    public int Broken => _outcomes.Count(outcome => !outcome.Holds);

    public void Add(PlanOutcome outcome) => _outcomes.Add(outcome);

    /// <summary>How often a kind struck, whatever came of it.</summary>
    public int Injected(ChaosKind kind) => _outcomes.Sum(outcome => outcome.Injected.Count(injected => injected == kind));

    /// <param name="kinds">Those that could be drawn.</param>
    /// <param name="left">Kinds that were left out, with the reason.</param>
    public void Write(TextWriter output, IReadOnlyList<ChaosKind> kinds, IReadOnlyList<(ChaosKind Kind, string Reason)> left)
    {
        var table = new Table().Border(TableBorder.Ascii2).Title("Faults injected, and seconds to the second step after each");
        table.AddColumns("kind", "injected", "recovered", "missed", "median", "worst");
        foreach (var kind in kinds)
        {
            var seconds = Of(kind).Where(fault => fault.Recovered is not null).Select(fault => fault.Recovered!.Value.TotalSeconds).Order().ToList();
            table.AddRow(ChaosKinds.NameOf(kind), $"{Injected(kind)}", $"{Recovered(kind)}", $"{Missed(kind)}", seconds.Count == 0 ? "" : Text(seconds[seconds.Count / 2]), seconds.Count == 0 ? "" : Text(seconds[^1]));
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Ansi = AnsiSupport.No });
        console.Profile.Width = 100;
        console.Write(table);
        foreach (var (kind, reason) in left)
        {
            output.WriteLine($"not injected: {ChaosKinds.NameOf(kind)} {reason}");
        }

        output.WriteLine($"{_outcomes.Count} plans, {_outcomes.Sum(outcome => outcome.Struck.Count)} faults; {Broken} plans broke an invariant");

        static string Text(double value) => FormattableString.Invariant($"{value:F2}");
    }

    private IEnumerable<StruckFault> Of(ChaosKind kind) => _outcomes.SelectMany(outcome => outcome.Struck)
        .Where(fault => kind == ChaosKind.Two ? fault.Strike.IsOfTwo : fault.Strike.Kind == kind);

    // In a plan that holds, everything was got over: what all processes' end cut short, by the resume.
    private int Recovered(ChaosKind kind) => _outcomes.Where(outcome => outcome.Holds).Sum(outcome => outcome.Injected.Count(injected => injected == kind));

    private int Missed(ChaosKind kind) => _outcomes.Sum(outcome => outcome.Missed.Count(strike => strike.Kind == kind));
}
