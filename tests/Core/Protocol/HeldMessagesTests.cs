using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Nodes;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol;

public class HeldMessagesTests
{
    private const int SliceBytes = sizeof(float) * Elements;

    [Fact]
    public void NoMoreBytesAreHeldThanTheBound()
    {
        var held = new HeldMessages(100, (2 * SliceBytes) + 1);
        Assert.True(held.TryAdd(Worker, Whole(Key(0), generation: 2)));
        Assert.True(held.TryAdd(Worker, Whole(Key(0), generation: 3)));
        Assert.False(held.TryAdd(Worker, Whole(Key(0), generation: 3)));
        Assert.True(held.TryAdd(Worker, new Pull(Partition, new Generation(3), ReplicaBench.Lineage, 0)));
        Assert.Equal(2 * SliceBytes, held.Bytes);
    }

    [Fact]
    public void NoMoreMessagesAreHeldThanTheBound()
    {
        var held = new HeldMessages(1, long.MaxValue);
        Assert.True(held.TryAdd(Worker, new Pull(Partition, new Generation(3), ReplicaBench.Lineage, 0)));
        Assert.False(held.TryAdd(Worker, new Pull(Partition, new Generation(3), ReplicaBench.Lineage, 0)));
    }

    [Fact]
    public void SamplesAndListsCountAsSlicesDo()
    {
        var held = new HeldMessages(100, 1000);
        Assert.True(held.TryAdd(Worker, new SamplesSent(new Generation(3), [7], new ushort[100])));
        Assert.Equal(208, held.Bytes);
        Assert.False(held.TryAdd(Worker, new SamplesSent(new Generation(3), [7], new ushort[400])));
        Assert.True(held.TryAdd(Worker, new SamplesWanted(new Generation(3), new long[50])));
        Assert.True(held.TryAdd(Worker, new LanesHandedOver(new Generation(3), Key(0), new int[90])));
        Assert.False(held.TryAdd(Worker, new Want(Partition, new Generation(3), Key(0), new TreeNode[5])));
        Assert.False(held.TryAdd(Worker, new FillWanted(Partition, new Generation(3), null, false, new int[9])));
        Assert.Equal(968, held.Bytes);
    }

    [Fact]
    public void OneMessageIsHeldWhateverItsSize()
    {
        var held = new HeldMessages(100, 1);
        Assert.True(held.TryAdd(Worker, Whole(Key(0), generation: 2)));
        Assert.False(held.TryAdd(Worker, Whole(Key(0), generation: 2)));
    }

    [Fact]
    public void WhatIsTakenOutOrTooOldMakesRoom()
    {
        var held = new HeldMessages(100, 3 * SliceBytes);
        held.TryAdd(Worker, Whole(Key(0), generation: 2));
        held.TryAdd(Backup, Whole(Key(0), generation: 3));
        held.TryAdd(Worker, Whole(Key(0), generation: 4));
        var (from, message) = Assert.Single(held.Take(new Generation(3)));
        Assert.Equal((Backup, new Generation(3)), (from, message.Generation));
        Assert.Equal(SliceBytes, held.Bytes);
        Assert.False(held.IsEmpty);
        Assert.True(held.TryAdd(Worker, Whole(Key(0), generation: 4)));
        Assert.Equal(2, held.Take(new Generation(4)).Count);
        Assert.Equal((true, 0), (held.IsEmpty, held.Bytes));
    }

    [Fact]
    public void WhatIsHeldIsACopy()
    {
        var slice = new float[Elements];
        var push = (Push)Whole(Key(0), generation: 2);
        var held = new HeldMessages(100, long.MaxValue);
        held.TryAdd(Worker, push with { Slice = slice });
        Array.Fill(slice, 7);
        Assert.All(((Push)held.Take(new Generation(2)).Single().Message).Slice.ToArray(), value => Assert.Equal(0, value));
    }
}
