using System.Text.Json.Serialization;

namespace AtomGrains.Core.Runs;

/// <summary>
/// The JSON form of a <see cref="RunSpec"/>: snake_case, and only what was set, not what follows from it.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    IgnoreReadOnlyProperties = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    WriteIndented = true)]
[JsonSerializable(typeof(RunSpec))]
public sealed partial class RunSpecJson : JsonSerializerContext;
