using System.Collections;
using System.Text.Json;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Audits;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Grains.Wire;
using AtomGrains.Node.Control;
using MessagePack;

namespace AtomGrains.Cluster.Tests.Wire;

/// <summary>Core's messages as wire records and back, through MessagePack's bytes.</summary>
public sealed class WireMappingTests
{
    private static readonly Generation Seven = new(7);
    private static readonly Lineage Three = new(new Generation(3));
    private static readonly DecisionDigest Before = new(0xFEDCBA9876543210);

    private static readonly Decision Decision = new(
        Three, 41, DecisionKind.Skip, new UpdateScalars(1e-3f, 0.25f, 1.5f, float.Epsilon), double.NaN, double.PositiveInfinity, 40, 2, Before, Snapshot: true);

    private static readonly View View = new()
    {
        Generation = Seven,
        Lineage = Three,
        Origin = new LineageOrigin(new CheckpointId(new Lineage(new Generation(2)), 40), 39, 1),
        Members = [new Member(new NodeId(1), 0, "127.0.0.1:4001", "one"), new Member(new NodeId(9), 1, "127.0.0.1:4002")],
        LaneOwners = [new NodeId(1), new NodeId(9)],
        Deaths = [new LaneDeath(41, 1, new NodeId(4))],
        HeldLanes = [1],
        Shards = [new NodeId(9), new NodeId(1)],
        AuditShare = 1.0 / 3,
        Quarantined = [new Quarantine(new NodeId(4), 2, 40)],
        Trusted = [new Trust(0, 41), new Trust(2, 38)],
        Partitions = [new PartitionPlacement(new NodeId(1), new NodeId(9)), new PartitionPlacement(new NodeId(9), null, new NodeId(1))],
    };

    private static readonly ControlMessage[] Samples =
    [
        new AdoptView(View),
        new Introduce(),
        new Decide(Seven, Decision, ViewFollows: true),
        new ReturnToStep(Seven, Three, 12),
        new SayWhatYouWaitFor(Seven),
        new WaitsFor(Seven, [new TreeNode(2, 1)], [new NodeId(9)], [new PartitionId(1)], [new NodeId(1)]),
        new Dismiss(Seven, DismissReason.NotNeeded),
        new ExportWeights(Seven, Three, 100),
        new NodeReady("10.0.0.1:5", 3, "rack 2"),
        new Heartbeat(Seven, new NodeCounters(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)),
        new Adopted(Seven, [new ReplicaReport(new PartitionId(0), 41, true, Decision), new ReplicaReport(new PartitionId(1), 0, false, null)]),
        new Sealed(Seven, Three, [new PartitionSeal(new PartitionId(1), 41, Before, [new SubtreeSum(new TreeNode(3, 5), double.Epsilon)], -0.0, new PartitionProof("AB==", "CD==")), new PartitionSeal(new PartitionId(0), 41, Before, [], 1.5)]),
        new ReplicasDiffer(Seven, new PartitionId(1), new NodeId(9), 41),
        new LaneDisputed(Seven, new PartitionId(1), new StepKey(Three, 41, Before), 5, [new LeafVote(new NodeId(9), 1, new SliceDigest(0xFEDCBA9876543210), true), new LeafVote(new NodeId(1), 0, new SliceDigest(1), false)]),
        new JoinerInSync(Seven, new PartitionId(1), new NodeId(9)),
        new BatchEvaluated(new StepKey(Three, 41, Before), 2, Math.PI),
        new WeightsExported(Three, 100, "ab"),
        new LeaveRequested(),
        new ViewWanted(Seven),
        new StepTimed(41, 0.1, 0.2, 0.3, 0.4),
        new LanesNotFinite(new StepKey(Three, 41, Before), [0, 5]),
        new SliceStored(Decision, new StoredSlice(new PartitionId(1), 1000, 24, "slices/l3/s42/g7/p1.slice", 352, "ab"), 0.001, 0.2),
        new SliceNotStored(Decision, new PartitionId(1), "no space left"),
    ];

    public static TheoryData<string> Kinds => [.. Samples.Select(sample => sample.GetType().Name)];

    [Fact]
    public void EveryControlMessageOfTheProtocolHasASample()
    {
        var kinds = typeof(ControlMessage).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ControlMessage)) && !type.IsAbstract);
        Assert.Equal(kinds.Select(type => type.Name).Order(), Samples.Select(sample => sample.GetType().Name).Order());
    }

    // What a sample leaves at its default comes back, mapped or not.
    [Fact]
    public void EveryFieldOfAMessageHasAValueOfItsOwnInASample()
    {
        var (seen, set) = (new HashSet<string>(), new HashSet<string>());
        foreach (var sample in Samples)
        {
            Note(sample, seen, set);
        }

        Assert.Empty(seen.Except(set).Order());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AMessageComesBackBitForBit(string kind)
    {
        var sample = Samples.Single(message => message.GetType().Name == kind);
        var bytes = MessagePackSerializer.Serialize(ToWire.Map(sample));
        var back = FromWire.Map(MessagePackSerializer.Deserialize<WireControl>(bytes));
        Assert.Equal(Text(sample), Text(back));
    }

    [Fact]
    public void BitsOfFloatingPointNumbersSurvive()
    {
        var decide = new Decide(Seven, Decision with { Loss = BitConverter.UInt64BitsToDouble(0x7FF8000000000123), GradientNorm = -0.0 });
        var back = (Decide)FromWire.Map(MessagePackSerializer.Deserialize<WireControl>(MessagePackSerializer.Serialize(ToWire.Map(decide))));
        Assert.Equal(decide.Decision.Digest, back.Decision.Digest);
    }

    [Fact]
    public void AMessageThatTheContractLacksIsRefused() =>
        Assert.Throws<ArgumentException>(() => ToWire.Map(new Unknown()));

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public void AReasonOfANumberThatThisVersionDoesNotKnowIsRefused(int number) =>
        Refuses(number, nameof(DismissReason), new WireDismiss(7, number));

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void ADecisionOfANumberThatThisVersionDoesNotKnowIsRefused(int number)
    {
        var decide = (WireDecide)ToWire.Map(new Decide(Seven, Decision));
        Refuses(number, nameof(DecisionKind), decide with { Decision = decide.Decision with { Kind = number } });
    }

    private static void Refuses(int number, string what, WireControl message)
    {
        var refused = Assert.Throws<ArgumentOutOfRangeException>(() => FromWire.Map(message));
        Assert.Equal(number, refused.ActualValue);
        Assert.StartsWith($"{what} {number} is not known to this version", refused.Message, StringComparison.Ordinal);
    }

    private static string Text(ControlMessage message) => JsonSerializer.Serialize(new ProtocolMessage(message), LocalJson.Contract);

    private static void Note(object value, HashSet<string> seen, HashSet<string> set)
    {
        var type = value.GetType();
        if (value is IEnumerable items and not string)
        {
            foreach (var item in items)
            {
                Note(item, seen, set);
            }
        }
        else if (type.Assembly == typeof(ControlMessage).Assembly && !type.IsEnum)
        {
            foreach (var property in type.GetProperties().Where(property => property.CanWrite))
            {
                var field = $"{type.Name}.{property.Name}";
                seen.Add(field);
                if (property.GetValue(value) is { } found && !IsDefault(found))
                {
                    set.Add(field);
                    Note(found, seen, set);
                }
            }
        }
    }

    private static bool IsDefault(object value) =>
        value is IEnumerable items ? !items.GetEnumerator().MoveNext() : value.GetType().IsValueType && value.Equals(Activator.CreateInstance(value.GetType()));

    private sealed record Unknown : ControlMessage;
}
