namespace AtomGrains.Node.Transport;

/// <summary>
/// Lends float32 buffers and never holds more than its bound, lent and idle together. Capacities come in four
/// classes per doubling, so at most a quarter is wasted. Those who wait are served in order of arrival,
/// or small requests would starve a large one.
/// </summary>
public sealed class TensorPool(long maxBytes)
{
    private const int SmallestElements = 1024;

    private readonly object _gate = new();
    private readonly SortedDictionary<int, Stack<float[]>> _idle = [];
    private readonly LinkedList<object> _waiting = [];
    private long _lentBytes;
    private long _idleBytes;

    public long MaxBytes { get; } = maxBytes;

    /// <summary>Bytes of buffers not yet returned.</summary>
    public long LentBytes => Interlocked.Read(ref _lentBytes);

    /// <summary>Bytes of buffers kept for the next renter.</summary>
    public long IdleBytes => Interlocked.Read(ref _idleBytes);

    /// <summary>Requests that wait for memory now.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>A buffer, or null when the bound leaves no room now.</summary>
    public TensorBuffer? TryRent(int elements)
    {
        float[]? array;
        lock (_gate)
        {
            if (!Reserve(Capacity(elements), out array))
            {
                return null;
            }
        }

        return Wrap(array, elements);
    }

    /// <summary>
    /// A buffer, after waiting for room. OperationCanceledException when <paramref name="cancel"/> comes first;
    /// ArgumentOutOfRangeException when no wait could help.
    /// </summary>
    public TensorBuffer Rent(int elements, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(CapacityBytes(elements), MaxBytes, nameof(elements));
        if (elements == 0)
        {
            return Wrap(null, 0);
        }

        using var wake = cancel.Register(WakeAll);
        float[]? array;
        lock (_gate)
        {
            var place = _waiting.AddLast(new object());
            try
            {
                while (_waiting.First != place || !Reserve(Capacity(elements), out array))
                {
                    cancel.ThrowIfCancellationRequested();
                    Monitor.Wait(_gate);
                }
            }
            finally
            {
                _waiting.Remove(place);
                Monitor.PulseAll(_gate);
            }
        }

        return Wrap(array, elements);
    }

    internal static long CapacityBytes(int elements) => (long)Capacity(elements) * sizeof(float);

    internal void Return(float[] array)
    {
        if (array.Length == 0)
        {
            return;
        }

        lock (_gate)
        {
            if (!_idle.TryGetValue(array.Length, out var stack))
            {
                _idle.Add(array.Length, stack = new Stack<float[]>());
            }

            stack.Push(array);
            _lentBytes -= Bytes(array.Length);
            _idleBytes += Bytes(array.Length);
            Monitor.PulseAll(_gate);
        }
    }

    private static int Capacity(int elements)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elements);
        if (elements is 0 or > 1 << 30)
        {
            return elements;
        }

        var quarter = Math.Max(SmallestElements / 4, 1 << Math.Max(0, int.Log2(Math.Max(elements - 1, 1)) - 2));
        return (elements + quarter - 1) / quarter * quarter;
    }

    private static long Bytes(int elements) => (long)elements * sizeof(float);

    /// <summary>Reserves the bytes. Leaves the array null when it must be allocated, which is done outside the lock.</summary>
    private bool Reserve(int capacity, out float[]? array)
    {
        array = null;
        if (_idle.TryGetValue(capacity, out var stack) && stack.TryPop(out array))
        {
            _idleBytes -= Bytes(capacity);
        }
        else
        {
            if (_lentBytes + Bytes(capacity) > MaxBytes)
            {
                return false;
            }

            Trim(MaxBytes - Bytes(capacity) - _lentBytes);
        }

        _lentBytes += Bytes(capacity);
        return true;
    }

    /// <summary>Gives idle buffers to the garbage collector, the largest first, until at most this many bytes are idle.</summary>
    private void Trim(long keepBytes)
    {
        if (_idleBytes <= keepBytes)
        {
            return;
        }

        foreach (var (capacity, stack) in _idle.Reverse())
        {
            while (_idleBytes > keepBytes && stack.TryPop(out _))
            {
                _idleBytes -= Bytes(capacity);
            }
        }
    }

    private TensorBuffer Wrap(float[]? array, int elements)
    {
        var capacity = Capacity(elements);
        return new TensorBuffer(this, array ?? (capacity == 0 ? [] : GC.AllocateUninitializedArray<float>(capacity, pinned: true)), elements);
    }

    private void WakeAll()
    {
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }
    }
}
