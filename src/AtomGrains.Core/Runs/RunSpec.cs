namespace AtomGrains.Core.Runs;

/// <summary>
/// Everything that decides the weights of a run. Two runs with equal specs end with equal bits, whatever the
/// number of workers and partitions' hosts and whatever failed on the way. Nothing in here says where or on
/// how many processes the run takes place.
/// </summary>
public sealed record RunSpec
{
    /// <summary>The job that every host has.</summary>
    public const string OwnJob = "gpt";

    /// <summary>Name of the training job, as registered with the host.</summary>
    public string Job { get; init; } = OwnJob;

    /// <summary>Seed of the initial weights, the data order and dropout.</summary>
    public ulong Seed { get; init; } = 1337;

    /// <summary>Optimizer steps, numbered from 0.</summary>
    public long Steps { get; init; } = 2000;

    /// <summary>Equal slices of every global batch; a power of two.</summary>
    public int Lanes { get; init; } = 16;

    /// <summary>Samples a step; a multiple of <see cref="Lanes"/>.</summary>
    public int GlobalBatch { get; init; } = 32;

    /// <summary>Computing threads a worker: the order of a matrix product's sums depends on it.</summary>
    public int ThreadsPerWorker { get; init; } = 1;

    /// <summary>Parameter partitions; fixed for a lineage.</summary>
    public int Partitions { get; init; } = 4;

    /// <summary>Elements a block: the unit of norms and of refills, and the grain of partition bounds.</summary>
    public int BlockElements { get; init; } = 16 * 1024;

    public required ModelSpec Model { get; init; }

    public required OptimizerSpec Optimizer { get; init; }

    public required DataSpec Data { get; init; }

    public required EvaluationSpec Evaluation { get; init; }

    /// <summary>The device kind of the run's bits class, such as <c>cpu</c> or <c>cuda</c>.</summary>
    public string DeviceKind { get; init; } = "cpu";

    public int SamplesPerLane => GlobalBatch / Lanes;
}
