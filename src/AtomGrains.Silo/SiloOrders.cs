using System.Text.Json.Serialization;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol;
using AtomGrains.Node.Runs;

namespace AtomGrains.Silo;

/// <summary>
/// What a silo process is told at its start, on standard input, which stays open for as long as somebody wants the silo.
/// </summary>
public sealed record SiloOrders
{
    public required string RunId { get; init; }

    /// <summary>Absolute; holds run.json, the tokens, and the cluster's membership.</summary>
    public required string RunFolder { get; init; }

    /// <summary>The run's secret, 64 hexadecimal digits.</summary>
    public required string Secret { get; init; }

    /// <summary>This silo's number in its set, which says what workers its devices would like to be.</summary>
    public required int Ordinal { get; init; }

    /// <summary>The machine's name: primary and backup of a partition are never on one.</summary>
    public required string Host { get; init; }

    /// <summary>Of one kind, <c>cpu</c> or <c>cuda:N</c>. The node of a single one lives in the silo, those of several in a process each.</summary>
    public required IReadOnlyList<string> Devices { get; init; }

    // The devices of all silos of one shape are numbered through, and so are the workers that they like to be.
    [JsonIgnore]
    internal SiloShape Shape => new(Host, Listen, Devices, Ordinal * Devices.Count, HasChildren: Devices.Count > 1);

    /// <summary>Address of silo, grain calls and tensors.</summary>
    public required string Listen { get; init; }

    public required int Elements { get; init; }

    /// <summary>With the store of checkpoints absolute.</summary>
    public required RunSettings Settings { get; init; }

    /// <summary>The newest generation when this attempt began.</summary>
    public required Generation Before { get; init; }

    /// <summary>The checkpoint that this attempt begins from; null for the seed.</summary>
    public LineageOrigin? Origin { get; init; }

    /// <summary>The decision that led to that checkpoint, where nodes of an attempt before have left it; its line may be missing.</summary>
    public Decision? Led { get; init; }

    /// <summary>What must be alike for bits to be alike, besides the spec.</summary>
    public required string BitsClass { get; init; }

    /// <summary>SHA-256 of the assembly that the run has its job from.</summary>
    public required string Program { get; init; }

    /// <summary>How soon the silos of the run give one another up.</summary>
    public MembershipOptions Membership { get; init; } = new();

    /// <summary>How long to live once nobody wants the silo any more.</summary>
    public required TimeSpan OrphanGrace { get; init; }
}
