using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;
using AtomGrains.Node.Storage;
using Orleans.Runtime;

namespace AtomGrains.Grains.Shards;

/// <summary>
/// A range of the training samples, as many a shard as there are lanes a run, read from this silo's copy of the tokens.
/// </summary>
public sealed class ShardGrain(ISiloRun run, ILocalSiloDetails silo) : Grain, IShardGrain
{
    private TokenFileSource? _samples;

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

        _samples ??= TokenFileSource.OpenTraining(run.Plan.Folder, run.Plan.Spec);
        var tokens = new long[_samples.TokensPerSample];
        _samples.Read(sample, tokens);
        return Task.FromResult(tokens);
    }

    // Ranges differ by at most one sample.
    private ShardRange RangeOf(int shard)
    {
        var (samples, shards) = (run.Plan.Spec.Data.TrainSamples, run.Plan.Spec.Lanes);
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, shards);
        var first = samples * shard / shards;
        return new ShardRange(first, (samples * (shard + 1) / shards) - first, silo.SiloAddress.ToParsableString());
    }
}
