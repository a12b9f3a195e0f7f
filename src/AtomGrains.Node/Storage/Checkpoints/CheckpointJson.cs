using System.Text.Json.Serialization;

namespace AtomGrains.Node.Storage.Checkpoints;

/// <summary>JSON forms of what a checkpoint consists of: snake_case, numbers bit for bit.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    NewLine = "\n",
    WriteIndented = true)]
[JsonSerializable(typeof(ManifestFile))]
[JsonSerializable(typeof(SliceHeader))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
