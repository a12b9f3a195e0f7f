using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Tests.Transport;

public sealed class TensorPoolTests
{
    [Fact]
    public void ABufferDisposedTooOftenThrowsAndHarmsNoLaterRenter()
    {
        var pool = new TensorPool(1 << 20);
        var first = pool.TryRent(2000)!;
        first.Retain();
        first.Dispose();
        Assert.Equal(2000, first.Span.Length);
        first.Dispose();
        Assert.Equal(0, pool.LentBytes);

        using var second = pool.TryRent(2000)!;
        Assert.Throws<ObjectDisposedException>(first.Dispose);
        Assert.Throws<ObjectDisposedException>(() => first.Span.Length);
        Assert.Throws<ObjectDisposedException>(first.Retain);
        Assert.Equal(2048 * sizeof(float), pool.LentBytes);
        Assert.Equal(2000, second.Span.Length);
    }

    [Fact]
    public void LentAndIdleTogetherNeverPassTheBound()
    {
        var pool = new TensorPool(1 << 20);
        var random = new Random(3);
        List<TensorBuffer> held = [];
        var refused = 0;
        for (var i = 0; i < 20_000; i++)
        {
            if (random.Next(2) == 0 && held.Count > 0)
            {
                var index = random.Next(held.Count);
                held[index].Dispose();
                held.RemoveAt(index);
            }
            else if (pool.TryRent(random.Next(1 << 16)) is { } buffer)
            {
                held.Add(buffer);
            }
            else
            {
                refused++;
            }

            Assert.InRange(pool.LentBytes + pool.IdleBytes, 0, 1 << 20);
            Assert.True(pool.LentBytes >= held.Sum(buffer => (long)buffer.Elements * sizeof(float)));
        }

        Assert.True(refused > 0);
        held.ForEach(buffer => buffer.Dispose());
        Assert.Equal(0, pool.LentBytes);
    }

    [Fact]
    public async Task ALargeRequestIsNotOvertakenBySmallOnes()
    {
        var pool = new TensorPool(1 << 20);
        var half = pool.TryRent(1 << 17)!;
        var large = Task.Run(() => pool.Rent(1 << 18, CancellationToken.None));
        await Eventually.Holds("the large request's wait", () => pool.Waiting == 1);
        var small = Task.Run(() => pool.Rent(1, CancellationToken.None));
        await Eventually.Holds("the small request's wait", () => pool.Waiting == 2);
        Assert.False(small.IsCompleted);

        half.Dispose();
        (await large.WaitAsync(TimeSpan.FromSeconds(30))).Dispose();
        (await small.WaitAsync(TimeSpan.FromSeconds(30))).Dispose();
    }

    [Fact]
    public async Task AWaitEndsWhenItIsCancelledAndLeavesThePlaceToTheNext()
    {
        var pool = new TensorPool(1 << 20);
        using var half = pool.TryRent(1 << 17)!;
        using var cancel = new CancellationTokenSource();
        var large = Task.Run(() => pool.Rent(1 << 18, cancel.Token));
        await Eventually.Holds("the large request's wait", () => pool.Waiting == 1);
        var small = Task.Run(() => pool.Rent(1, CancellationToken.None));
        await Eventually.Holds("the small request's wait", () => pool.Waiting == 2);

        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        (await small.WaitAsync(TimeSpan.FromSeconds(30))).Dispose();
    }
}
