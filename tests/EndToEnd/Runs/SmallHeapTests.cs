using AtomGrains.Local;
using Xunit;

namespace AtomGrains.EndToEnd.Tests.Runs;

public sealed class SmallHeapTests
{
    [Fact]
    public void GarbageIsCollectedBeforeThereIsMoreThanASmallProcessMayHold()
    {
        var (allocated, collected) = (0L, new List<long>());
        var heap = new SmallHeap(() => allocated, () => collected.Add(allocated));
        for (; allocated < 3 * SmallHeap.MostGarbage; allocated += SmallHeap.MostGarbage / 4)
        {
            heap.OnTick();
            heap.OnTick();
        }

        Assert.Equal([SmallHeap.MostGarbage, 2 * SmallHeap.MostGarbage], collected);
    }

    [Fact]
    public void ItReallyCollects()
    {
        var heap = new SmallHeap();
        GC.KeepAlive(new byte[2 * SmallHeap.MostGarbage]);
        var before = GC.CollectionCount(1);

        heap.OnTick();

        Assert.True(GC.CollectionCount(1) > before);
    }
}
