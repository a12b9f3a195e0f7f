using AtomGrains.Grains.Wire;

namespace AtomGrains.Grains.Partitions;

/// <summary>Asks the run where the partition lives now.</summary>
public sealed class PartitionGrain : Grain, IPartitionGrain
{
    public async Task<PartitionHome?> Home()
    {
        var (run, partition) = RunKeys.Parse(this.GetPrimaryKeyString());
        var progress = await GrainFactory.GetGrain<IRunGrain>(run).Progress();
        return progress.View is { } view && partition < view.Partitions.Count
            ? new PartitionHome(view.Generation, view.Partitions[partition].Primary, view.Partitions[partition].Backup, view.Partitions[partition].Joiner)
            : null;
    }
}
