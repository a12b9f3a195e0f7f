namespace AtomGrains.Silo.Children;

/// <summary>A child process of a silo, for whoever looks at the run from outside.</summary>
/// <param name="Slot">The worker's number.</param>
/// <param name="SiloPid">The silo's process.</param>
internal sealed record ChildRecord(int Node, int Slot, int Pid, int SiloPid);
