using AtomGrains.Core.Parameters;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;

namespace AtomGrains.Grains.Partitions;

/// <summary>Asks the run where the partition lives now.</summary>
public sealed class PartitionGrain(ISiloRuns runs) : Grain, IPartitionGrain
{
    public async Task<PartitionHome?> Home()
    {
        var (id, partition) = RunKeys.Parse(this.GetPrimaryKeyString());
        var run = runs.Find(id) ?? throw new InvalidOperationException($"there is no run {id} here");
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, run.Plan.Spec.Partitions);
        var progress = await GrainFactory.GetGrain<IRunGrain>(id).Progress();
        if (progress.View is not { } view)
        {
            return null;
        }

        var range = new PartitionLayout(run.Plan.Elements, run.Plan.Spec.BlockElements, run.Plan.Spec.Partitions).Partitions[partition];
        var (primary, backup, joiner) = view.Partitions[partition];
        var silos = progress.Silos.Where(home => home.Node == primary || home.Node == backup || home.Node == joiner);
        return new PartitionHome(view.Generation, primary, backup, joiner, range.FirstElement, range.Elements, [.. silos]);
    }
}
