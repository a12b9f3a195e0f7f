using System.Text.Json.Serialization;

namespace AtomGrains.Proofs;

/// <summary>What a recomputing child is told on its standard input.</summary>
/// <param name="Folder">Absolute.</param>
/// <param name="Store">Of the run's checkpoints.</param>
/// <param name="Device"><c>cpu</c> or <c>cuda:N</c>.</param>
/// <param name="From">The first step that is wanted.</param>
/// <param name="To">The last one.</param>
/// <param name="IsReplay">One step in full; else all steps, compared alone.</param>
/// <param name="Lane">Of a replay, this lane alone; null for the whole step.</param>
internal sealed record RecomputeOrders(string Folder, string Store, string Device, long From, long To, bool IsReplay, int? Lane);

[JsonSerializable(typeof(RecomputeOrders))]
internal sealed partial class RecomputeJson : JsonSerializerContext;
