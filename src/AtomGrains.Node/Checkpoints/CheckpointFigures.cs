using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Node.Checkpoints;

/// <summary>Counts of one coordinator's checkpoints.</summary>
/// <param name="Completed">That got a manifest.</param>
/// <param name="Failed">Slices and manifests that did not get into the store.</param>
/// <param name="NewestStep">Of the newest one that is complete; null before the first.</param>
/// <param name="Slices">That got into the store.</param>
/// <param name="Bytes">Of these.</param>
/// <param name="BlockedSeconds">For which nodes held their training up to copy slices, summed over nodes.</param>
/// <param name="WriteSeconds">That the store took, beside the training, summed over nodes.</param>
public sealed record CheckpointFigures(
    long Completed = 0, long Failed = 0, long? NewestStep = null, long Slices = 0, long Bytes = 0, double BlockedSeconds = 0, double WriteSeconds = 0)
{
    internal CheckpointFigures With(SliceStored stored) => this with
    {
        Slices = Slices + 1,
        Bytes = Bytes + stored.Slice.Bytes,
        BlockedSeconds = BlockedSeconds + stored.BlockedSeconds,
        WriteSeconds = WriteSeconds + stored.WriteSeconds,
    };
}
