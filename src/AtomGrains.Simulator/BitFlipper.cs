using AtomGrains.Core.Protocol.Partitions;

namespace AtomGrains.Simulator;

/// <summary>Changes one bit of the parameters of the first backup that gets to a version: memory that failed, which nobody noticed.</summary>
/// <param name="version">0 for never.</param>
internal sealed class BitFlipper(long version, InvariantChecker checker)
{
    private bool _done = version == 0;

    public void Look(SimulatedNode node)
    {
        if (_done)
        {
            return;
        }

        foreach (var (partition, replica) in node.Machine.Replicas)
        {
            // Before it has said anything about that version.
            if (replica is { Role: PartitionRole.Backup, State: { Version: { } held, IsComplete: true, Reduced: null } state } && held == version)
            {
                ref var element = ref state.Values[^1];
                element = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(element) ^ 1);
                checker.Flipped(state.Lineage, partition, version);
                _done = true;
                return;
            }
        }
    }
}
