using AtomGrains.Node.Telemetry;

namespace AtomGrains.Node.Tests.Telemetry;

public sealed class ConnectionPlacesTests
{
    private readonly ConnectionPlaces _places = new(most: 2);
    private readonly List<string> _closed = [];

    [Fact]
    public void WhoComesWhenAllIsTakenClosesWhoHasAskedForNothingForTheLongest()
    {
        Take("first").Renew();
        Take("second");
        Assert.Empty(_closed);
        Take("third");
        Take("fourth");
        Assert.Equal(["first", "second"], _closed);
    }

    [Fact]
    public void WhoAsksIsTheLastToLoseItsPlace()
    {
        var first = Take("first");
        Take("second");
        first.Renew();
        Take("third");
        Assert.Equal(["second"], _closed);
    }

    [Fact]
    public void APlaceThatWasLeftIsFreeAndOneThatWasLostIsNotLeftOrRenewed()
    {
        var first = Take("first");
        Take("second");
        var third = Take("third");
        first.Renew();
        first.Dispose();
        third.Dispose();
        third.Dispose();
        Take("fourth");
        Assert.Equal(["first"], _closed);
        Take("fifth");
        Assert.Equal(["first", "second"], _closed);
    }

    private ConnectionPlace Take(string name) => _places.Take(() => _closed.Add(name));
}
