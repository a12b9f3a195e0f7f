using AtomGrains.Chaos.Plans;

namespace AtomGrains.Chaos.Runs;

/// <summary>What came of a plan.</summary>
/// <param name="Violations">Each begins with the invariant, such as <c>I5</c>; none is what the runtime promises.</param>
/// <param name="Struck">What really happened.</param>
/// <param name="Missed">What was planned and had no occasion: nobody came to its place before the end.</param>
internal sealed record PlanOutcome(ChaosPlan Plan, IReadOnlyList<string> Violations, IReadOnlyList<StruckFault> Struck, IReadOnlyList<ChaosStrike> Missed, TimeSpan Took)
{
    public bool Holds => Violations.Count == 0;

    /// <summary>How often each kind was injected; a pair counts once as such, when both struck, and each of it by itself.</summary>
    public IEnumerable<ChaosKind> Injected =>
        [.. Struck.Select(fault => fault.Strike.Kind), .. Struck.Count(fault => fault.Strike.IsOfTwo) >= 2 ? [ChaosKind.Two] : Array.Empty<ChaosKind>()];
}
