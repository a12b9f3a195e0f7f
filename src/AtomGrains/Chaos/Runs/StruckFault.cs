using System.Diagnostics;
using AtomGrains.Chaos.Plans;

namespace AtomGrains.Chaos.Runs;

/// <summary>A strike that really happened, and how the run got over it.</summary>
/// <param name="committed">Steps that the run had committed by then, in all its histories.</param>
internal sealed class StruckFault(ChaosStrike strike, string? who, long committed)
{
    // The step that was interrupted may have had all it needed by then; the next one has not.
    private const int StepsOfARecovery = 2;

    private readonly long _started = Stopwatch.GetTimestamp();

    public ChaosStrike Strike { get; } = strike;

    /// <summary>Steps that the run had committed by then, in all its histories.</summary>
    public long Committed => committed;

    /// <summary>Whom it struck in the ledger's words, such as <c>n3 worker 1</c>; null where the ledger has none.</summary>
    public string? Who { get; } = who;

    /// <summary>From the strike to the second step committed after it; null until then.</summary>
    public TimeSpan? Recovered { get; private set; }

    /// <summary>All processes of the run were ended before it had recovered: nobody was left to write a line on it.</summary>
    public bool IsCutShort { get; private set; }

    /// <summary>It was over before anybody who lived could have noticed it.</summary>
    public bool IsOverlooked { get; set; }

    /// <summary>The step in progress when what was taken away was given back; null until then.</summary>
    public long? HealedAt { get; set; }

    /// <summary>The run has got on, or is complete.</summary>
    public void Observe(long now, bool isComplete)
    {
        if (now >= committed + StepsOfARecovery || isComplete)
        {
            Recovered ??= Stopwatch.GetElapsedTime(_started);
        }
    }

    public void CutShort() => IsCutShort |= Recovered is null;

    public override string ToString() => Who is null ? Strike.ToString() : $"{Strike} ({Who})";
}
