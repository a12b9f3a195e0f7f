using AtomGrains.Core.Data;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;
using AtomGrains.Node.Storage;
using Orleans.Runtime;

namespace AtomGrains.Grains.Shards;

/// <summary>
/// A shard of the training samples, read from this silo's copy of the tokens.
/// </summary>
public sealed class ShardGrain(ISiloRuns runs, ILocalSiloDetails silo) : Grain, IShardGrain
{
    private TokenFileSource? _samples;

    private RunPlan Plan
    {
        get
        {
            var id = RunKeys.Parse(this.GetPrimaryKeyString()).Run;
            return field ??= runs.Find(id)?.Plan ?? throw new InvalidOperationException($"there is no run {id} here");
        }
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _samples?.Dispose();
        return Task.CompletedTask;
    }

    public Task<ShardRange> Range() => Task.FromResult(RangeOf(RunKeys.Parse(this.GetPrimaryKeyString()).Number));

    public Task<long[]> Read(long sample)
    {
        var range = RangeOf(RunKeys.Parse(this.GetPrimaryKeyString()).Number);
        if (sample < range.First || sample >= range.First + range.Count)
        {
            throw new ArgumentOutOfRangeException(nameof(sample), sample, $"this shard has samples {range.First} to {range.First + range.Count - 1}");
        }

        _samples ??= TokenFileSource.OpenTraining(Plan.Folder, Plan.Spec);
        var tokens = new long[_samples.TokensPerSample];
        _samples.Read(sample, tokens);
        return Task.FromResult(tokens);
    }

    private ShardRange RangeOf(int shard)
    {
        var layout = new ShardLayout(Plan.Spec);
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, layout.Count);
        return new ShardRange(layout.FirstSample(shard), layout.Samples(shard), silo.SiloAddress.ToParsableString());
    }
}
