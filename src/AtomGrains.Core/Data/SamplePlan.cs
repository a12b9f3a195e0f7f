using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Data;

/// <summary>
/// Which samples belong to a lane of a step (PROTOCOL R6): position p = step·B + j, epoch = p div N, index =
/// permutation(epoch)(p mod N). A function of the spec alone, not a cursor: nothing has to be saved, moved or
/// rolled back with it. A batch may span two epochs, or several where N is below B.
/// </summary>
public sealed class SamplePlan
{
    private readonly ulong _seed;
    private readonly int _globalBatch;
    private readonly int _lanes;

    // Consecutive positions share an epoch, so the last permutation used is nearly always the next one needed.
    // Permutations are immutable: threads that race here only build one twice.
    private SamplePermutation _order;
    private readonly SamplePermutation? _validationOrder;

    /// <exception cref="ArgumentException">The spec's samples, batch or lanes do not fit together.</exception>
    public SamplePlan(RunSpec spec)
    {
        if (spec.Lanes < 1 || spec.GlobalBatch < 1 || spec.GlobalBatch % spec.Lanes != 0 || spec.Data.TrainSamples < 1)
        {
            throw new ArgumentException(
                $"no plan for a batch of {spec.GlobalBatch}, {spec.Lanes} lanes and {spec.Data.TrainSamples} samples", nameof(spec));
        }

        _seed = spec.Seed;
        _globalBatch = spec.GlobalBatch;
        _lanes = spec.Lanes;
        TrainSamples = spec.Data.TrainSamples;
        ValidationSamples = spec.Data.ValidationSamples;
        _order = new SamplePermutation(_seed, 0, TrainSamples);
        if (ValidationSamples > 0)
        {
            _validationOrder = new SamplePermutation(KeyedHash.Of(_seed, HashDomain.ValidationOrder), 0, ValidationSamples);
        }
    }

    public long TrainSamples { get; }

    public long ValidationSamples { get; }

    /// <summary>The position of a step's first sample, over all epochs.</summary>
    public static long PositionOf(long step, int globalBatch) => checked(step * globalBatch);

    /// <summary>The epoch of a step's first sample.</summary>
    public long EpochOf(long step) => EpochAt(PositionOf(step, _globalBatch));

    /// <summary>The epoch of a position.</summary>
    public long EpochAt(long position) => position / TrainSamples;

    /// <summary>Sample indices of a lane, in order: positions [lane·B/L, (lane+1)·B/L) of the step's batch.</summary>
    public long[] SamplesOf(long step, int lane)
    {
        CheckLane(step, lane);
        var samples = new long[_globalBatch / _lanes];
        var first = checked(PositionOf(step, _globalBatch) + ((long)lane * samples.Length));
        for (var offset = 0; offset < samples.Length; offset++)
        {
            samples[offset] = TrainSampleAt(first + offset);
        }

        return samples;
    }

    /// <summary>
    /// Seed of everything random in a lane (dropout). The same whoever computes it, and however often.
    /// </summary>
    public ulong LaneSeed(long step, int lane) => KeyedHash.Of(_seed, HashDomain.Lane, (ulong)step, (ulong)lane);

    public LaneWork WorkOf(long step, int lane) => new(step, lane, LaneSeed(step, lane), SamplesOf(step, lane));

    /// <summary>
    /// Validation sample indices of an evaluation batch ([GlobalBatch]): the same for every version, so that the
    /// losses of two steps compare. When the batches ask for more samples than there are, they repeat.
    /// </summary>
    public long[] ValidationBatch(int batch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(batch);
        var order = _validationOrder ?? throw new InvalidOperationException("the validation split has no whole sample");
        var samples = new long[_globalBatch];
        for (var offset = 0; offset < samples.Length; offset++)
        {
            samples[offset] = order[((long)batch * _globalBatch + offset) % ValidationSamples];
        }

        return samples;
    }

    private long TrainSampleAt(long position)
    {
        var epoch = EpochAt(position);
        var order = _order;
        if (order.Epoch != epoch)
        {
            _order = order = new SamplePermutation(_seed, epoch, TrainSamples);
        }

        return order[position % TrainSamples];
    }

    private void CheckLane(long step, int lane)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegative(lane);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(lane, _lanes);
    }
}
