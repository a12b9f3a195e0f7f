using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Tests.Parameters;

public class FloatPoolTests
{
    private readonly FloatPool _pool = new();

    [Fact]
    public void AReturnedBufferIsLentAgainToWhoAsksForItsLength()
    {
        var buffer = _pool.Rent(3);
        _pool.Return(buffer);
        Assert.NotSame(buffer, _pool.Rent(4));
        Assert.Same(buffer, _pool.Rent(3));
    }

    [Fact]
    public void BuffersAreProvidedOneAtATimeUntilThereAreEnoughLentOnesIncluded()
    {
        var lent = _pool.Rent(3);
        Assert.True(_pool.Provide(3, 3));
        Assert.True(_pool.Provide(3, 3));
        Assert.False(_pool.Provide(3, 3));
        Assert.False(_pool.Provide(3, 1));
        Assert.True(_pool.Provide(4, 1));

        Assert.Equal(2, new[] { _pool.Rent(3), _pool.Rent(3) }.Distinct().Count(buffer => buffer != lent && buffer.Length == 3));
        Assert.False(_pool.Provide(3, 3));
    }
}
