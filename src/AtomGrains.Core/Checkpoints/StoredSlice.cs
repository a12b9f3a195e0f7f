using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Checkpoints;

/// <summary>An object of the store that holds one partition's slice of a checkpoint: parameters and both moments.</summary>
/// <param name="FirstElement">Of the flat vector.</param>
/// <param name="Bytes">Of the whole object.</param>
/// <param name="Sha256">Of the whole object, lower-case hex.</param>
public sealed record StoredSlice(PartitionId Partition, int FirstElement, int Elements, string Object, long Bytes, string Sha256);
