namespace AtomGrains.Core.Parameters;

/// <summary>
/// Float buffers of exact length, kept for reuse, for one thread. Training needs the same few sizes over and over;
/// what is kept is at most what was in use at once.
/// </summary>
public sealed class FloatPool
{
    private readonly Dictionary<int, Stack<float[]>> _free = [];

    /// <summary>A buffer with undefined contents; the caller returns it once.</summary>
    public float[] Rent(int elements) =>
        _free.TryGetValue(elements, out var stack) && stack.TryPop(out var buffer) ? buffer : GC.AllocateUninitializedArray<float>(elements);

    public void Return(float[] buffer)
    {
        if (!_free.TryGetValue(buffer.Length, out var stack))
        {
            _free[buffer.Length] = stack = new Stack<float[]>();
        }

        stack.Push(buffer);
    }
}
