using System.Text.Json.Serialization;

namespace AtomGrains.Node.Checkpoints;

/// <summary>JSON of what orphaned nodes leave.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(OrphanRecord))]
internal sealed partial class OrphanJson : JsonSerializerContext;
