using MessagePack;

namespace AtomGrains.Grains.Wire;

/// <summary>A run that somebody wants.</summary>
/// <param name="Version"><see cref="WireContract.Version"/> of the client.</param>
/// <param name="Name">The run's name and id: of lower-case letters, digits and dashes.</param>
/// <param name="Spec">
/// YAML with the settings of <c>train</c>, without those that say where and how it runs; <c>data</c> is a path as the silos see it.
/// </param>
/// <param name="SpecName">What its lines are called in messages.</param>
[MessagePackObject]
[Immutable]
public sealed record RunRequest(
    [property: Key(0)] int Version, [property: Key(1)] string Name, [property: Key(2)] string Spec, string? SpecName = null)
{
    [Key(3)]
    public string SpecName { get; init; } = SpecName ?? "spec";
}

/// <summary>What becomes of a request or an order.</summary>
/// <param name="Errors">Everything that is wrong with it, a line each; empty when it is done.</param>
[MessagePackObject]
[Immutable]
public sealed record RunAnswer([property: Key(0)] IReadOnlyList<string> Errors);

/// <summary>What is wanted of a run from now on.</summary>
/// <param name="Version"><see cref="WireContract.Version"/> of the client.</param>
/// <param name="Workers">Of <see cref="RunOrderKind.Scale"/>; else 0.</param>
[MessagePackObject]
[Immutable]
public sealed record RunOrder(
    [property: Key(0)] int Version, [property: Key(1)] string Name, [property: Key(2)] RunOrderKind Kind, [property: Key(3)] int Workers = 0);

/// <summary>Asks for the runs.</summary>
/// <param name="Version"><see cref="WireContract.Version"/> of the client.</param>
/// <param name="Name">One of them; null for all.</param>
[MessagePackObject]
[Immutable]
public sealed record RunQuery([property: Key(0)] int Version, [property: Key(1)] string? Name = null);

/// <summary>Runs of a cluster.</summary>
/// <param name="Refused">Why there is no answer; null when there is one.</param>
[MessagePackObject]
[Immutable]
public sealed record RunList([property: Key(0)] IReadOnlyList<RunSummary> Runs, [property: Key(1)] string? Refused = null);

/// <summary>A run in a line.</summary>
/// <param name="State"><c>waiting</c>, <c>running</c>, <c>paused</c>, <c>finished</c> or <c>stopped</c>.</param>
/// <param name="Step">Steps that are decided.</param>
/// <param name="Workers">Wanted.</param>
/// <param name="Detail">What it waits for, or why it was stopped; null when there is nothing to say.</param>
[MessagePackObject]
[Immutable]
public sealed record RunSummary(
    [property: Key(0)] string Name,
    [property: Key(1)] string State,
    [property: Key(2)] long Step,
    [property: Key(3)] long Steps,
    [property: Key(4)] int Workers,
    [property: Key(5)] DateTimeOffset Started,
    [property: Key(6)] string? Detail = null);

/// <summary>The file of a finished run's weights.</summary>
/// <param name="Sha256">Of its bytes.</param>
[MessagePackObject]
[Immutable]
public sealed record WeightsFileInfo([property: Key(0)] long Bytes, [property: Key(1)] string Sha256);

/// <summary>A piece of the file: the only record with a payload, which is small, so that no other call waits behind it.</summary>
[MessagePackObject]
[Immutable]
public sealed record WeightsPiece([property: Key(0)] byte[] Bytes)
{
    /// <summary>Of one piece.</summary>
    public const int MostBytes = 256 * 1024;
}
