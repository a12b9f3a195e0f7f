namespace AtomGrains.Core.Parameters;

/// <summary>
/// Float buffers of exact length, kept for reuse, for one thread. Training needs the same few sizes over and over;
/// what is kept is at most what was in use at once.
/// </summary>
public sealed class FloatPool
{
    private readonly Dictionary<int, Stack<float[]>> _free = [];
    private readonly Dictionary<int, int> _made = [];

    /// <summary>A buffer with undefined contents; the caller returns it once.</summary>
    public float[] Rent(int elements) => _free.TryGetValue(elements, out var stack) && stack.TryPop(out var buffer) ? buffer : Make(elements);

    public void Return(float[] buffer)
    {
        if (!_free.TryGetValue(buffer.Length, out var stack))
        {
            _free[buffer.Length] = stack = new Stack<float[]>();
        }

        stack.Push(buffer);
    }

    /// <summary>
    /// Makes one buffer ready if fewer than <paramref name="count"/> of the length have been made; whether it did. The system
    /// gives memory when it is touched for the first time, which takes longer than a copy and is better done while nobody waits.
    /// </summary>
    public bool Provide(int elements, int count)
    {
        if (_made.GetValueOrDefault(elements) >= count)
        {
            return false;
        }

        var buffer = Make(elements);
        Array.Clear(buffer);
        Return(buffer);
        return true;
    }

    private float[] Make(int elements)
    {
        _made[elements] = _made.GetValueOrDefault(elements) + 1;
        return GC.AllocateUninitializedArray<float>(elements);
    }
}
