using System.Net;
using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Tests.Storage;

namespace AtomGrains.Node.Tests.Workers.Frames;

/// <summary>
/// The run whose node is fuzzed, before its first step. Node 1 is the one that listens: primary, backup and joiner at once,
/// worker, and holder of half of the shards. Node 2 means well; nodes 3 and 4 are primaries of what node 1 has copies of, mean
/// nothing, and know the run's secret.
/// </summary>
internal static class FuzzedRun
{
    public const string Id = "fuzzed";
    public const int Listener = 1;
    public const int Honest = 2;
    public const int FirstHostile = 3;
    public const int Hostiles = 4;

    // The partitions of the view, by what node 1 is to them; of the last it is primary alone.
    public const int OwnPartition = 0;
    public const int BackupPartition = 1;
    public const int AlonePartition = 3;

    public const int Lanes = 8;
    public const int BlockElements = 32;

    public static RunSpec Spec { get; } = RunSpecs.Record(spec => spec with { Lanes = Lanes, GlobalBatch = Lanes, Partitions = 4, BlockElements = BlockElements }).Spec;

    /// <summary>Of a window of eight tokens and the one after it.</summary>
    public const int TokensPerSample = 9;

    /// <summary>In a question.</summary>
    public const int MostSamples = 4096;

    /// <summary>The largest payload that a message of the run has: the answer to such a question, of two bytes a token.</summary>
    public const int MostPayloadBytes = MostSamples * TokensPerSample * sizeof(ushort);

    public static PartitionLayout Layout { get; } = new(NothingToCompute.Elements, BlockElements, Spec.Partitions);

    public static Lineage Lineage { get; } = new(new Generation(1));

    public static StepKey FirstStep { get; } = new(Lineage, 0, DecisionDigest.Genesis(Lineage));

    /// <summary>The view that hostile messages are made for, of generation 2, and the next one, in which node 1 seals alone.</summary>
    /// <param name="addressOf">Where each node listens.</param>
    public static View ViewOf(long generation, Func<int, IPEndPoint> addressOf)
    {
        NodeId listener = new(Listener), third = new(FirstHostile), fourth = new(FirstHostile + 1);
        return new View
        {
            Generation = new Generation(generation),
            Lineage = Lineage,
            Members = [.. Enumerable.Range(Listener, FirstHostile - Listener + Hostiles).Select(node => new Member(new NodeId(node), node - Listener, $"{addressOf(node)}", $"host-{node}"))],
            LaneOwners = [.. Enumerable.Range(0, Lanes).Select(lane => new NodeId(Listener + (lane / 2)))],
            Partitions =
            [
                generation == 2 ? new PartitionPlacement(listener, new NodeId(Honest)) : new PartitionPlacement(listener),
                generation == 2 ? new PartitionPlacement(third, listener) : new PartitionPlacement(listener),
                new PartitionPlacement(fourth, new NodeId(Honest), listener),
                new PartitionPlacement(listener),
            ],
            Shards = [.. Enumerable.Range(0, new ShardLayout(Spec).Count).Select(shard => new NodeId(shard % 2 == 0 ? Listener : Honest))],
        };
    }

    /// <summary>A sample that node 1 holds, and its tokens as the file has them.</summary>
    public static (long Sample, ushort[] Tokens) HeldSample(string folder, int number)
    {
        var layout = new ShardLayout(Spec);
        var sample = layout.FirstSample(number % ((layout.Count + 1) / 2) * 2);
        using var file = TokenFileSource.OpenTraining(folder, Spec);
        var tokens = new ushort[file.TokensPerSample];
        file.Read(sample, tokens);
        return (sample, tokens);
    }
}
