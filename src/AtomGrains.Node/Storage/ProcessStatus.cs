namespace AtomGrains.Node.Storage;

/// <summary>One process of a run in <see cref="RunStatus"/>.</summary>
/// <param name="Role"><c>supervisor</c>, <c>node</c>, or <c>silo</c> for one whose nodes are processes of their own.</param>
/// <param name="Worker">Which worker it hosts; null for none.</param>
/// <param name="Lanes">Lanes that its worker owns in the view.</param>
/// <param name="Partitions">Partitions that it holds, as primary or backup.</param>
/// <param name="State">In a word, such as <c>running</c>, <c>joining</c>, <c>spare</c>, <c>paused</c>.</param>
public sealed record ProcessStatus(int Pid, string Role, int? Worker, IReadOnlyList<int> Lanes, IReadOnlyList<int> Partitions, string State);
