namespace AtomGrains.Grains.Runs;

/// <summary>The place of one node.</summary>
/// <param name="Slot">The worker's number.</param>
/// <param name="Silo">Null for a node of a predecessor's view, until it says more.</param>
/// <param name="Since">When it was given; monotonic.</param>
/// <param name="Child">Which of the silo's devices, where each has a process of its own; null for the silo's only one.</param>
internal sealed record Seat(int Slot, string? Silo, TimeSpan Since, int? Child = null)
{
    /// <summary>The node has said that it is ready.</summary>
    public bool IsTaken { get; init; }
}
