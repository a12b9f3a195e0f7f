namespace AtomGrains.Core.Parameters;

/// <summary>
/// Buffers for what a machine sends and does not keep. They are out until the event in which they were lent is over: by the
/// machine's next one, its host has copied them.
/// </summary>
public sealed class LentBuffers(FloatPool pool)
{
    private readonly List<float[]> _out = [];

    /// <summary>A buffer with undefined contents, for this event.</summary>
    public float[] Rent(int elements)
    {
        var buffer = pool.Rent(elements);
        _out.Add(buffer);
        return buffer;
    }

    /// <summary>Another event begins.</summary>
    public void TakeBack()
    {
        _out.ForEach(pool.Return);
        _out.Clear();
    }
}
