using System.Text.Json;
using System.Text.Json.Serialization;

namespace AtomGrains.Node.Storage;

/// <summary>JSON forms of what a run writes: snake_case, one line unless <see cref="Indented"/> is asked for.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(DeviceEvent))]
[JsonSerializable(typeof(FaultLine))]
[JsonSerializable(typeof(LastWords))]
[JsonSerializable(typeof(MetricsLine))]
[JsonSerializable(typeof(NodeRollEntry))]
[JsonSerializable(typeof(RunEnd))]
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(RunReport))]
[JsonSerializable(typeof(RunStatus))]
[JsonSerializable(typeof(RunWish))]
[JsonSerializable(typeof(SiloEnd))]
[JsonSerializable(typeof(SupervisorPost))]
[JsonSerializable(typeof(SupervisorRollEntry))]
[JsonSerializable(typeof(TokenizerFile))]
public sealed partial class StorageJson : JsonSerializerContext
{
    /// <summary>For files that people read.</summary>
    public static StorageJson Indented =>
        field ??= new(new JsonSerializerOptions(Default.Options) { WriteIndented = true, NewLine = "\n" });
}
