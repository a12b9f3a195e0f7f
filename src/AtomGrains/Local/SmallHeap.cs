namespace AtomGrains.Local;

/// <summary>
/// Keeps a process small that has little to hold and goes on for weeks. The collector by itself waits until garbage would fill
/// the processor's cache: 200 MB of it where several sockets' caches are told as one.
/// </summary>
/// <param name="allocated">Bytes that the process has ever allocated.</param>
/// <param name="collect">Collects what has died young.</param>
internal sealed class SmallHeap(Func<long> allocated, Action collect)
{
    // Some ten seconds of a supervisor; to collect that takes it one or two milliseconds.
    public const long MostGarbage = 16 << 20;

    private long _collectedAt;

    public SmallHeap()
        : this(() => GC.GetTotalAllocatedBytes(), () => GC.Collect(1, GCCollectionMode.Forced, blocking: true))
    {
    }

    public void OnTick()
    {
        var now = allocated();
        if (now - _collectedAt >= MostGarbage)
        {
            _collectedAt = now;
            collect();
        }
    }
}
