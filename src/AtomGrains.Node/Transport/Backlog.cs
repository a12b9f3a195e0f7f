namespace AtomGrains.Node.Transport;

/// <summary>
/// What of one connection has been received and not been handled: the heads of its frames, and what is kept for each. Their
/// payloads are the pool's affair. At the bound the connection is not read, and its sender feels it through TCP.
/// </summary>
/// <param name="mostBytes">One frame is always let in.</param>
internal sealed class Backlog(long mostBytes)
{
    // A message, its place in the mailbox, its buffer: rather more than they take.
    private const int BytesAFrame = 512;

    private readonly object _gate = new();
    private long _bytes;

    /// <summary>Waits for room; the buffer's last dispose makes it again. OperationCanceledException when <paramref name="cancel"/> comes first.</summary>
    public void Enter(int headBytes, CancellationToken cancel)
    {
        var bytes = headBytes + BytesAFrame;
        lock (_gate)
        {
            if (HasRoom(bytes))
            {
                _bytes += bytes;
                return;
            }
        }

        using var wake = cancel.Register(Wake);
        lock (_gate)
        {
            while (!HasRoom(bytes))
            {
                cancel.ThrowIfCancellationRequested();
                Monitor.Wait(_gate);
            }

            _bytes += bytes;
        }
    }

    public void Leave(int headBytes)
    {
        lock (_gate)
        {
            _bytes -= headBytes + BytesAFrame;
            Monitor.PulseAll(_gate);
        }
    }

    private bool HasRoom(int bytes) => _bytes == 0 || _bytes + bytes <= mostBytes;

    private void Wake()
    {
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }
    }
}
