using System.Text.Json.Serialization;
using AtomGrains.Node.Storage;

namespace AtomGrains.Commands;

/// <summary>What <c>faults --json</c> prints.</summary>
/// <param name="Schema">Of the lines: <see cref="FaultLine.CurrentSchema"/>.</param>
/// <param name="Faults">The ledger's lines.</param>
/// <param name="Open">Losses without a line yet, as far as they are known.</param>
/// <param name="TornBytes">Of a last line that was cut off; 0 when there is none.</param>
internal sealed record FaultsReport(int Schema, IReadOnlyList<FaultLine> Faults, IReadOnlyList<FaultLine> Open, long TornBytes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(FaultsReport))]
internal sealed partial class FaultsJson : JsonSerializerContext;
