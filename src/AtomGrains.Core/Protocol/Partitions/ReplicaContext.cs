using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Protocol.Partitions;

/// <summary>What all partition replicas of a node share.</summary>
/// <param name="Steps">Of the run: the version after the last of them is sealed for its proof alone.</param>
/// <param name="Proves">Whether seals carry proofs.</param>
/// <param name="Seed">The run's: with the step it says which lanes are audited.</param>
/// <param name="InitialParameters">The seeded initial parameters of a partition's range ([elements] float32); a pure function.</param>
public sealed record ReplicaContext(
    NodeId Self,
    int Lanes,
    ParameterLayout Parameters,
    AdamW Optimizer,
    FloatPool Pool,
    ProtocolRules Rules,
    Func<PartitionRange, ReadOnlyMemory<float>> InitialParameters,
    NodeTally Counters,
    long Steps = long.MaxValue,
    bool Proves = true,
    FillBudget? Fills = null,
    ulong Seed = 0)
{
    /// <summary>What the node's joiners may ask for.</summary>
    public FillBudget Fills { get; } = Fills ?? new FillBudget(FillBudget.UsualBytesPerSecond);

    /// <summary>Copies of blocks on their way to a joiner: the same few serve the whole fill.</summary>
    public LentBuffers Lent { get; } = new(Pool);
}
