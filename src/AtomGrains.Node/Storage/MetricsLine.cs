using System.Globalization;
using System.Text.Json.Serialization;

namespace AtomGrains.Node.Storage;

/// <summary>One line of <c>metrics.jsonl</c>: one step as decided. The names are a contract.</summary>
public sealed record MetricsLine
{
    public required long Step { get; init; }

    /// <summary>
    /// Mean training loss of the global batch, in nats a token; null when it is not finite (JSON has no such numbers).
    /// </summary>
    public required double? Loss { get; init; }

    /// <summary>
    /// The 64 bits of that loss as an IEEE double, 16 hex digits: what "equal bit for bit" is checked on.
    /// </summary>
    public required string LossBits { get; init; }

    /// <summary>Tokens trained on in this step: global batch × context.</summary>
    public required long Tokens { get; init; }

    public required StepSeconds Seconds { get; init; }

    public required double Lr { get; init; }

    /// <summary>Global gradient norm before clipping; null when it is not finite.</summary>
    public required double? GradNorm { get; init; }

    /// <summary>True when the update was left out because a gradient was not finite.</summary>
    public required bool Skipped { get; init; }

    /// <summary>What was not finite in a step that was skipped: <c>loss</c>, or <c>gradient</c> alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SkipReason { get; init; }

    public required long Generation { get; init; }

    /// <summary>
    /// The generation at which this history began. Steps come again under a new lineage after a rollback.
    /// </summary>
    public required long Lineage { get; init; }

    /// <summary>
    /// The Merkle root of the parameters after this step, 64 hex digits; null where none was computed, or where the run
    /// ended before it was.
    /// </summary>
    public string? Root { get; init; }

    public static double? FiniteOrNull(double value) => double.IsFinite(value) ? value : null;

    public static string BitsOf(double value) =>
        BitConverter.DoubleToUInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture);
}
