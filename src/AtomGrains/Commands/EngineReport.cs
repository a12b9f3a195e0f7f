using System.Text.Json.Serialization;
using AtomGrains.Core.Runs;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Commands;

/// <summary>What a run needs to know of the tensor engine before it begins, or the reason why there is none.</summary>
/// <param name="IsMissing">The engine itself is not there, or does not load: no device is to blame.</param>
public sealed record EngineReport(string? Error, EngineDescription? Engine, int Elements, bool IsMissing = false);

/// <summary>What the engine is asked about.</summary>
public sealed record EngineQuestion(RunSpec Spec, string Device);

[JsonSerializable(typeof(EngineReport))]
[JsonSerializable(typeof(EngineQuestion))]
internal sealed partial class EngineJson : JsonSerializerContext;
