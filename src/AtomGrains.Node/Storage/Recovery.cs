using AtomGrains.Core.Membership;

namespace AtomGrains.Node.Storage;

/// <summary>One loss of a process and how the run got over it, phase by phase.</summary>
/// <param name="node">Null for one that hosted no node.</param>
/// <param name="who">Whose it is, in the ledger's words.</param>
public sealed class Recovery(NodeId? node, string who, long step, long generation, DateTimeOffset noticed, long lanesRecomputedBefore)
{
    public NodeId? Node { get; } = node;

    public long Step { get; } = step;

    public long GenerationBefore { get; } = generation;

    public long GenerationAfter { get; private set; } = generation;

    public DateTimeOffset Noticed { get; } = noticed;

    public long LanesRecomputedBefore { get; } = lanesRecomputedBefore;

    public string Who { get; } = who;

    public string Role => Node is null ? FaultLine.SupervisorRole : FaultLine.NodeRole;

    /// <summary>What it was: the ordered kind, else what the process's end tells; null until that is known.</summary>
    public string? Kind { get; set; }

    /// <summary>Until when whoever sees how the process ended may still say so: the line waits for that. Null when nobody will, or it was said.</summary>
    public DateTimeOffset? EndAwaitedUntil { get; set; }

    /// <summary>Its kind was known and has been told to who counts faults.</summary>
    public bool IsCounted { get; set; }

    /// <summary>The fault that was ordered, in the words of its order; null when it came by itself.</summary>
    public string? Order { get; set; }

    /// <summary>What the node said of its failure, if it did.</summary>
    public string? Cause { get; set; }

    /// <summary>It was not counted on yet.</summary>
    public bool NeedsNothing { get; init; }

    public long StepsRedone { get; set; }

    public double Detect { get; init; }

    public DateTimeOffset? Recorded { get; private set; }

    public DateTimeOffset? Installed { get; private set; }

    public DateTimeOffset? Replayed { get; private set; }

    public DateTimeOffset? Refilled { get; private set; }

    public bool IsOver => NeedsNothing || (Replayed is not null && Refilled is not null);

    public void ViewRecorded(DateTimeOffset now) => Recorded ??= now;

    public void ViewInstalled(long generation, bool isFull, DateTimeOffset now)
    {
        if (Recorded is null)
        {
            return;
        }

        if (Installed is null)
        {
            Installed = now;
            GenerationAfter = generation;
        }

        if (isFull)
        {
            Refilled ??= now;
        }
    }

    public void StepDecided(long step, DateTimeOffset now)
    {
        if (Installed is not null && step >= Step)
        {
            Replayed ??= now;
        }
    }

    public RecoverySeconds Seconds => new(
        Detect,
        Between(Noticed, Recorded),
        Between(Recorded, Installed),
        Between(Installed, Refilled),
        Between(Installed, Replayed));

    public static string NameOf(NodeId node, int slot) => $"{node} worker {slot}";

    /// <summary>The ledger's line, as far as it is known.</summary>
    /// <param name="lanesRecomputed">Of the whole run so far.</param>
    public FaultLine Line(long lanesRecomputed) => new()
    {
        Ts = Noticed,
        Kind = Kind ?? FaultLedger.UnknownEnd,
        Role = Role,
        Who = Who,
        Step = Step,
        GenerationBefore = GenerationBefore,
        GenerationAfter = GenerationAfter,
        StepsRedone = StepsRedone,
        LanesRedone = (int)(lanesRecomputed - LanesRecomputedBefore),
        Seconds = Seconds,
        Detail = Order is not null && Cause is not null ? $"{Order}: {Cause}" : Order ?? Cause,
    };

    private static double Between(DateTimeOffset? from, DateTimeOffset? to) =>
        from is { } a && to is { } b ? Math.Max(0, (b - a).TotalSeconds) : 0;
}
