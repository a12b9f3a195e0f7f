using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol;

public class HandedOverLanesTests
{
    private const int Lanes = 16;

    /// <param name="own">The worker has the lanes before this one.</param>
    /// <param name="computed">It has computed those before this one.</param>
    [Theory]
    [InlineData(8, 0, new[] { 4, 5, 6, 7 })]
    [InlineData(8, 1, new[] { 6, 7 })]
    [InlineData(8, 4, new[] { 6, 7 })]
    [InlineData(8, 5, new[] { 7 })]
    [InlineData(8, 6, new[] { 7 })]
    [InlineData(8, 7, new int[0])]
    [InlineData(7, 0, new[] { 6 })]
    [InlineData(6, 0, new[] { 4, 5 })]
    public void AtMostHalfOfWhatIsLeftIsHandedOverAsOneSubtree(int own, int computed, int[] handed)
    {
        var pool = new FloatPool();
        var worker = new Core.Protocol.Workers.Worker(Worker, Spec with { Lanes = Lanes }, Layout, pool, new NodeTally());
        var view = ViewOf(1, Primary) with { LaneOwners = [.. Enumerable.Range(0, Lanes).Select(lane => lane < own ? Worker : Backup)] };
        var outbox = new Outbox();
        worker.Adopt(view, outbox);
        worker.Handle(Primary, new ParameterSlice(Partition, new Generation(1), Key(0), new float[Elements]), outbox);
        worker.OnParametersLoaded(Key(0), outbox);
        for (var lane = 0; lane < computed; lane++)
        {
            worker.OnLaneComputed(Key(0), lane, pool.Rent(Elements), 0, outbox);
        }

        outbox.Clear();
        worker.Handle(Backup, new LaneAsked(new Generation(1), Key(0)), outbox);
        Assert.Equal(handed, outbox.Effects.OfType<SendToNode>().Select(send => send.Message).OfType<LanesHandedOver>().Single().Lanes);
        Assert.Equal(handed.Length == 0 ? 0 : 1, outbox.Effects.OfType<ComputeLanes>().Count(compute => !compute.Lanes.Intersect(handed).Any()));
    }
}
