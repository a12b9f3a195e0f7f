using AtomGrains.Silo.Standing;

namespace AtomGrains.Cluster.Tests.Standing;

public sealed class StoreWatchTests
{
    private readonly List<bool> _writes = [];
    private readonly StoreWatch _watch;
    private string? _whenWritten;

    public StoreWatchTests() => _watch = new StoreWatch(writes =>
    {
        _writes.Add(writes);
        return writes ? _whenWritten : null;
    });

    [Fact]
    public void OneOfSomeLooksWrites()
    {
        Look(8);
        Assert.Equal([true, false, false, false, true, false, false, false], _writes);
    }

    [Fact]
    public void AStoreThatIsCutToReadingIsFoundAndStaysBadUntilItIsWrittenTo()
    {
        Look(2);
        _whenWritten = "403";
        Assert.Equal([null, null, "403", "403", "403"], Look(5));
        _whenWritten = null;
        Assert.Equal([null, null], Look(2));
        Assert.Equal([true, false, false, false, true, true, true, true, false], _writes);
    }

    private IEnumerable<string?> Look(int times) => [.. Enumerable.Range(0, times).Select(_ => _watch.Look())];
}
