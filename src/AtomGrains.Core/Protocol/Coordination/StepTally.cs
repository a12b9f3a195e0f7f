using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>What the coordinator has heard of the step at hand, under one generation.</summary>
internal sealed class StepTally
{
    private readonly Dictionary<PartitionId, PartitionSeal> _seals = [];
    private readonly HashSet<PartitionId> _past = [];

    public IReadOnlyCollection<PartitionSeal> Seals => _seals.Values;

    public void Add(PartitionSeal seal) => _seals[seal.Partition] = seal;

    /// <summary>This partition's primary has applied the step already.</summary>
    public void IsPast(PartitionId partition) => _past.Add(partition);

    public bool IsComplete(long step, int partitions) =>
        Enumerable.Range(0, partitions).Select(i => new PartitionId(i))
            .All(partition => Holds(step, partition));

    /// <summary>Whether nothing is to be heard of this partition any more, as to that step.</summary>
    public bool Holds(long step, PartitionId partition) =>
        _past.Contains(partition) || (_seals.TryGetValue(partition, out var seal) && seal.Step == step);

    public void Clear()
    {
        _seals.Clear();
        _past.Clear();
    }

    /// <summary>Forgets the step that was decided; seals of later steps stay.</summary>
    public void Next(long step)
    {
        _past.Clear();
        foreach (var (partition, seal) in _seals.ToList())
        {
            if (seal.Step < step)
            {
                _seals.Remove(partition);
            }
        }
    }
}
