namespace AtomGrains.Grains;

/// <summary>
/// Messages to one receiver, in order: while a call is on its way, what comes is gathered for the next one, so there is
/// one call at a time and one for many messages. Posting never waits; any thread. Whatever goes wrong with a call, it is made
/// again: the receiver's exceptions come as what they were there, and a volume that it cannot write is no end of this sender.
/// </summary>
/// <param name="deliver">One call; false ends the pump.</param>
/// <param name="patience">
/// How long one batch is tried before it is dropped. Core says again what matters, but only after long silence: while
/// grains move, after the death of any silo, calls to living ones are rejected as well, and a view that is dropped there
/// costs the step most of a second.
/// </param>
/// <param name="failed">As in <see cref="RepeatedCall"/>.</param>
internal sealed class Pump<T>(Func<IReadOnlyList<T>, Task<bool>> deliver, TimeSpan patience, Action<Exception> failed)
{
    // A silo that was declared dead answers with a refusal at once; where grains live next takes a little.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly Lock _gate = new();
    private readonly RepeatedCall _call = new(Pause, failed);
    private List<T> _next = [];
    private bool _running;
    private bool _closed;

    /// <summary>Calls made, for whoever counts them.</summary>
    public long Calls { get; private set; }

    public void Post(T message)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _next.Add(message);
            if (_running)
            {
                return;
            }

            _running = true;
        }

        _ = Task.Run(RunAsync);
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _next.Clear();
        }
    }

    private async Task RunAsync()
    {
        while (Take() is { } batch)
        {
            if (!await TryDeliverAsync(batch).ConfigureAwait(false))
            {
                Close();
            }
        }
    }

    private List<T>? Take()
    {
        lock (_gate)
        {
            if (_closed || _next.Count == 0)
            {
                _running = false;
                return null;
            }

            var batch = _next;
            _next = [];
            return batch;
        }
    }

    private async Task<bool> TryDeliverAsync(List<T> batch)
    {
        var goesOn = true;
        await _call.MakeAsync(
            async () =>
            {
                Calls++;
                goesOn = await deliver(batch).ConfigureAwait(false);
            },
            tried => _closed || (patience != Timeout.InfiniteTimeSpan && tried >= patience)).ConfigureAwait(false);
        return goesOn;
    }
}
