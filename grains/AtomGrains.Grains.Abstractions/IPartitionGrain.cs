using AtomGrains.Grains.Wire;

namespace AtomGrains.Grains;

/// <summary>
/// One partition of a run's parameters, as others ask for it; its key is <see cref="RunKeys.Partition"/>. The replicas
/// themselves live in the nodes, where tensors reach them: this grain knows where, and holds nothing that could be lost.
/// </summary>
public interface IPartitionGrain : IGrainWithStringKey
{
    /// <summary>Where the partition lives; null while the run has no view. It moves with every view that says so: ask again.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The run has no such partition.</exception>
    Task<PartitionHome?> Home();
}
