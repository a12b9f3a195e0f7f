using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Nodes;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol;

/// <summary>
/// Messages that decode and make no sense, from a peer that knows the run's secret: a broken build, a bit that flipped before
/// the checksum. The node refuses or ignores them, keeps its bounds, and goes on with the step.
/// </summary>
public sealed class HostileMessagesTests
{
    private const int Inputs = 350_000;
    private const int Seed = 20260722;
    private const long MostGrowth = 48 << 20;

    public enum Role
    {
        Primary,
        Backup,
        Joiner,
    }

    [Theory]
    [InlineData(Role.Primary)]
    [InlineData(Role.Backup)]
    [InlineData(Role.Joiner)]
    public void HundredsOfThousandsOfSenselessMessagesNeitherEndANodeNorMakeItGrow(Role role)
    {
        var self = new Dictionary<Role, NodeId> { [Role.Primary] = Primary, [Role.Backup] = Backup, [Role.Joiner] = Joiner }[role];
        var (random, outbox, understood) = (new Random(Seed), new Outbox(), 0);
        var node = new NodeMachine(new Member(self, 1, ""), Spec, ReplicaBench.Parameters, _ => new float[Elements], ProtocolRules.Safe);
        node.HandleControl(new AdoptView(ViewOf(2, Primary, Backup, Joiner)), outbox);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Inputs; i++)
        {
            var message = Senseless(random);
            outbox.Clear();
            try
            {
                if (node.Understands(message))
                {
                    understood++;
                    node.HandleTensor(new NodeId(random.Next(0, 6)), message, outbox);
                }

                if (i % 1000 == 0)
                {
                    node.OnTick(TimeSpan.FromMilliseconds(i), outbox);
                }
            }
            catch (Exception error)
            {
                throw new Xunit.Sdk.XunitException($"input {i} of seed {Seed}: {message}\n{error}");
            }
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, MostGrowth);
        Assert.InRange(understood, Inputs / 10, Inputs / 2);
        Assert.Equal(new Generation(2), node.Generation);
        Assert.True(node.Counters.StaleGenerationRejected > 0, "nothing was refused for its generation");
        if (role != Role.Joiner)
        {
            // Whoever had the partition whole has neither another version nor a step that it cannot end.
            node.HandleControl(new AdoptView(ViewOf(3, self)), outbox);
            node.HandleTensor(Worker, Whole(Key(0), generation: 3), outbox);
            Assert.Equal(0, node.Replicas[Partition].State.Version);
            Assert.NotNull(node.Replicas[Partition].Seal);
        }
    }

    private static TensorMessage Senseless(Random random)
    {
        var partition = new PartitionId(Of(random, 0, 0, 0, 1, -1, 99, int.MaxValue, int.MinValue));
        var generation = new Generation(Of(random, 2L, 2, 2, 2, 1, 0, -1, 3, long.MaxValue, long.MinValue));
        var key = new StepKey(
            new Lineage(new Generation(Of(random, 1L, 1, 1, 2, 0, -1, long.MaxValue))),
            Of(random, 0L, 0, 1, 2, -1, 9, 10, 11, long.MaxValue, long.MinValue),
            random.Next(4) == 0 ? new DecisionDigest((ulong)random.NextInt64()) : DecisionDigest.Genesis(ReplicaBench.Lineage));
        float[] slice = Vector(random);
        return random.Next(13) switch
        {
            0 or 1 => new Push(partition, generation, key, Node(random), Of(random, 1, double.NaN, double.MaxValue), slice, new NodeId(Of(random, 4, 0, -1, int.MaxValue))),
            2 => new Want(partition, generation, key, [.. Enumerable.Range(0, random.Next(4)).Select(_ => Node(random))]),
            3 => new Pull(partition, generation, key.Lineage, key.Step),
            4 => new ParameterSlice(partition, generation, key, slice),
            5 => new Reduced(partition, generation, key, 1, slice),
            6 => new ReducedHeld(partition, generation, key, new SliceDigest((ulong)random.NextInt64()), random.Next(2) == 0 ? null : new SliceDigest(1)),
            7 => new FillWanted(partition, generation, random.Next(2) == 0 ? null : key.Step, random.Next(2) == 0, Numbers(random)),
            8 => new FillBlock(partition, generation, key, random.Next(2) == 0 ? null : Commit(key.Step), Of(random, 0, 1, 2, -1, int.MaxValue), slice),
            9 => new Refused(partition, generation, (Refusal)random.Next(256), key.Step),
            10 => new LaneAsked(generation, key),
            11 => new LanesHandedOver(generation, key, Numbers(random)),
            _ => random.Next(2) == 0
                ? new SamplesWanted(generation, [.. Numbers(random).Select(number => (long)number)])
                : new SamplesSent(generation, [.. Numbers(random).Select(number => (long)number)], new ushort[random.Next(200)]),
        };
    }

    private static float[] Vector(Random random)
    {
        var vector = new float[Of(random, Elements, Elements, 3 * 4, 3 * 2, 0, 1, 5, 7, 4096)];
        Array.Fill(vector, Of(random, 0.5f, float.NaN, float.PositiveInfinity));
        return vector;
    }

    private static TreeNode Node(Random random) => new(Of(random, 0, 1, 1, 2, -1, 31, 32, 40, int.MaxValue, int.MinValue), Of(random, 0, 0, 1, 2, -1, int.MaxValue, int.MinValue));

    private static List<int> Numbers(Random random) => [.. Enumerable.Range(0, random.Next(5)).Select(_ => Of(random, 0, 1, 2, 99, -1, int.MaxValue, int.MinValue))];

    private static T Of<T>(Random random, params ReadOnlySpan<T> values) => values[random.Next(values.Length)];
}
