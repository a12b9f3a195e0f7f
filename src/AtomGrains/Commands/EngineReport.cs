using System.Text.Json.Serialization;
using AtomGrains.Core.Runs;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Commands;

/// <summary>What a run needs to know of the tensor engine before it begins, or the reason why there is none.</summary>
public sealed record EngineReport(string? Error, EngineDescription? Engine, int Elements);

/// <summary>What the engine is asked about.</summary>
public sealed record EngineQuestion(RunSpec Spec, string Device);

[JsonSerializable(typeof(EngineReport))]
[JsonSerializable(typeof(EngineQuestion))]
internal sealed partial class EngineJson : JsonSerializerContext;
