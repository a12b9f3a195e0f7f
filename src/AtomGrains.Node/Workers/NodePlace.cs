using System.Text.Json.Serialization;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Transport.Tls;

namespace AtomGrains.Node.Workers;

/// <summary>Who a node is in its run, whatever hosts it.</summary>
public record NodePlace
{
    public required int Node { get; init; }

    /// <summary>The worker's number.</summary>
    public required int Slot { get; init; }

    public required string RunId { get; init; }

    /// <summary>Where to listen for tensors: a <see cref="ListenRange"/>.</summary>
    public required string Listen { get; init; }

    /// <summary>By what the run's nodes prove themselves to each other and encrypt; null where they stay on one machine, or were told not to.</summary>
    public TlsFiles? Tls { get; init; }

    /// <summary>The machine, by which copies of a partition are kept apart. On one machine nobody needs a name.</summary>
    public string Host { get; init; } = "";

    /// <summary>Whether the node hashes the parameters of its partitions at each step.</summary>
    public bool Roots { get; init; } = true;

    public NodeLimits Limits { get; init; } = new();

    /// <summary>The run's secret, 64 hexadecimal digits.</summary>
    public required string Secret { get; init; }

    /// <summary>Ordered faults of this worker that have not struck yet, with their numbers in the plan.</summary>
    public required IReadOnlyList<NumberedFault> Faults { get; init; }

    /// <summary>File that shows which lane is being computed; null when nobody looks at it.</summary>
    public string? LaneMark { get; init; }

    [JsonIgnore]
    internal TransportIdentity Identity => new(RunId, Node, RunSecret.FromHex(Secret));
}
