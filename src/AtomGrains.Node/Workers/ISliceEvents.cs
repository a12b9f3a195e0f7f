using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Partitions;

namespace AtomGrains.Node.Workers;

/// <summary>What becomes of slices on their way to the store and back; called on threads of their keeper.</summary>
internal interface ISliceEvents
{
    void OnStored(SliceStored stored);

    void OnNotStored(SliceNotStored missing);

    void OnLoaded(CheckpointId checkpoint, PartitionId partition, SliceContent content);

    /// <summary>An object is not what its manifest says.</summary>
    void OnBroken(InvalidDataException error);
}
