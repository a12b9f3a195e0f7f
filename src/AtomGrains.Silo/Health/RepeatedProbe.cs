namespace AtomGrains.Silo.Health;

/// <summary>
/// Asks again and again, on a thread of its own, something that may take long or never answer, such as a volume whose
/// server is gone. Who wants to know hears of the last answer at once; one that is overdue is a fault itself.
/// </summary>
internal sealed class RepeatedProbe : IDisposable
{
    private readonly Func<string?> _ask;
    private readonly Func<bool, TimeSpan> _pause;
    private readonly TimeSpan _patience;
    private readonly ManualResetEventSlim _ended = new();
    private readonly Lock _gate = new();
    private string? _fault = "not checked yet";
    private long _askedAt = Environment.TickCount64;
    private bool _isAsking = true;

    /// <param name="ask">What is wrong, in words; null when nothing is.</param>
    /// <param name="pause">Until it is asked again, after an answer that was good, or was not.</param>
    /// <param name="patience">How long an answer may take.</param>
    public RepeatedProbe(string name, Func<string?> ask, Func<bool, TimeSpan> pause, TimeSpan patience)
    {
        (_ask, _pause, _patience) = (ask, pause, patience);
        new Thread(Repeat) { IsBackground = true, Name = name }.Start();
    }

    /// <summary>Null when all is well.</summary>
    public string? Fault
    {
        get
        {
            lock (_gate)
            {
                var seconds = (Environment.TickCount64 - _askedAt) / 1000.0;
                return _isAsking && seconds > _patience.TotalSeconds ? FormattableString.Invariant($"no answer for {seconds:F0} s") : _fault;
            }
        }
    }

    /// <summary>It is not asked again; who is being asked is not waited for.</summary>
    public void Dispose() => _ended.Set();

    // The host's edge: a silo does not end for what cannot be asked.
    private string? Ask()
    {
        try
        {
            return _ask();
        }
        catch (Exception error)
        {
            return $"cannot be asked: {error.Message}";
        }
    }

    private void Repeat()
    {
        do
        {
            lock (_gate)
            {
                (_askedAt, _isAsking) = (Environment.TickCount64, true);
            }

            var fault = Ask();
            lock (_gate)
            {
                (_fault, _isAsking) = (fault, false);
            }
        }
        while (!_ended.Wait(_pause(_fault is null)));
    }
}
