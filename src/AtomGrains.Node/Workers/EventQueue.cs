namespace AtomGrains.Node.Workers;

/// <summary>
/// The mailbox of one actor: whatever happens is posted here and handled by one thread, in order. Posting never waits.
/// </summary>
public sealed class EventQueue
{
    private readonly Queue<Action> _actions = [];
    private volatile bool _closed;

    public void Post(Action action)
    {
        lock (_actions)
        {
            if (!_closed)
            {
                _actions.Enqueue(action);
                if (_actions.Count == 1)
                {
                    // Else its thread is awake, or has been woken, and would only come to wait for this lock.
                    Monitor.Pulse(_actions);
                }
            }
        }
    }

    /// <summary>No more events are handled; what comes is dropped.</summary>
    public void Close()
    {
        lock (_actions)
        {
            _closed = true;
            _actions.Clear();
            Monitor.PulseAll(_actions);
        }
    }

    /// <summary>Handles events until the queue is closed.</summary>
    public void Run() => Run(TimeSpan.FromDays(1), () => { });

    /// <summary>
    /// Handles events until the queue is closed, and <paramref name="tick"/> every <paramref name="interval"/>: after
    /// whatever was posted before it, so that who was heard is not taken for silent.
    /// </summary>
    public void Run(TimeSpan interval, Action tick)
    {
        var next = Environment.TickCount64 + (long)interval.TotalMilliseconds;
        while (WaitUntil(next) is { } due)
        {
            foreach (var action in due.TakeWhile(_ => !_closed))
            {
                action();
            }

            if (Environment.TickCount64 >= next)
            {
                next = Environment.TickCount64 + (long)interval.TotalMilliseconds;
                tick();
            }
        }
    }

    // What is there, or nothing when the time has come; null once closed.
    private Action[]? WaitUntil(long time)
    {
        lock (_actions)
        {
            while (!_closed && _actions.Count == 0 && time - Environment.TickCount64 is > 0 and var wait)
            {
                Monitor.Wait(_actions, (int)wait);
            }

            if (_closed)
            {
                return null;
            }

            var due = _actions.ToArray();
            _actions.Clear();
            return due;
        }
    }
}
