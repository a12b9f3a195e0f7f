using System.Buffers;

namespace AtomGrains.Node.Transport;

/// <summary>
/// A float32 vector in pooled, pinned memory, counted by reference: it begins with one, <see cref="Retain"/>
/// adds one, <see cref="Dispose"/> takes one, and the last returns the memory. Using it after that throws,
/// even when the memory already serves someone else.
/// </summary>
public sealed class TensorBuffer : IMemoryOwner<float>
{
    private readonly TensorPool _pool;
    private float[]? _array;
    private int _references = 1;
    private Backlog? _backlog;
    private int _headBytes;

    internal TensorBuffer(TensorPool pool, float[] array, int elements)
    {
        _pool = pool;
        _array = array;
        Elements = elements;
    }

    /// <summary>Length in float32 elements.</summary>
    public int Elements { get; }

    /// <summary>The elements. Not cleared when rented. Invalid after the last dispose.</summary>
    public Span<float> Span => Array.AsSpan(0, Elements);

    /// <inheritdoc cref="Span"/>
    public Memory<float> Memory => Array.AsMemory(0, Elements);

    private float[] Array => _array ?? throw new ObjectDisposedException(nameof(TensorBuffer));

    /// <summary>The payload of a received frame, whose last dispose says that the frame is handled.</summary>
    internal void CountIn(Backlog backlog, int headBytes) => (_backlog, _headBytes) = (backlog, headBytes);

    /// <summary>One more owner, for sending the same values to several peers. Returns this buffer.</summary>
    public TensorBuffer Retain()
    {
        for (var seen = Volatile.Read(ref _references); seen > 0;)
        {
            var before = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (before == seen)
            {
                return this;
            }

            seen = before;
        }

        throw new ObjectDisposedException(nameof(TensorBuffer));
    }

    public void Dispose()
    {
        var left = Interlocked.Decrement(ref _references);
        if (left < 0)
        {
            throw new ObjectDisposedException(nameof(TensorBuffer), "disposed more often than retained");
        }

        if (left == 0)
        {
            var array = Array;
            _array = null;
            _pool.Return(array);
            _backlog?.Leave(_headBytes);
        }
    }
}
