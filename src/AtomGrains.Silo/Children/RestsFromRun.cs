using AtomGrains.Local;

namespace AtomGrains.Silo.Children;

/// <summary>
/// A silo's patience with a run whose nodes fail on it, whether they have processes of their own or live in the silo's: once they
/// do so again and again it rests from the run, that is, it offers it nothing for a minute, and for twice as long each time
/// until a node of the run has been there for a step that is done for the first time. What is broken may be this host alone, and other runs have a use for its devices. Any
/// thread.
/// </summary>
internal sealed class RestsFromRun
{
    private static readonly TimeSpan First = TimeSpan.FromMinutes(1);

    // A host that was mended is of use again within this.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);

    private readonly Lock _gate = new();

    // To rest costs the run little, and a host that is short of memory nothing.
    private readonly CrashLoop _crashes = new(mostKilledStarts: CrashLoop.MostFailedStarts);
    private TimeSpan _next = First;
    private TimeSpan? _until;

    public bool IsResting(TimeSpan now)
    {
        lock (_gate)
        {
            return now < _until;
        }
    }

    /// <summary>A node got ready.</summary>
    public void Ready()
    {
        lock (_gate)
        {
            _crashes.Ready();
        }
    }

    /// <summary>A node of this silo has heard that a step is decided.</summary>
    public void Decided(long step)
    {
        lock (_gate)
        {
            if (_crashes.Decided(step))
            {
                _next = First;
            }
        }
    }

    /// <summary>A process has ended by itself: why the silo rests from now on, or null.</summary>
    /// <param name="step">The run's.</param>
    /// <param name="log">What the process has written.</param>
    public string? Ended(NodeHandle node, long step, string log, TimeSpan now) => Rest(() => _crashes.Ended(node, step, log), now);

    /// <summary>A node or its process could not be started: why the silo rests from now on, or null.</summary>
    public string? NotStarted(string error, TimeSpan now) => Rest(() => _crashes.NotStarted(error), now);

    private string? Rest(Func<string?> why, TimeSpan now)
    {
        lock (_gate)
        {
            if (why() is not { } reason)
            {
                return null;
            }

            _until = now + _next;
            _next = TimeSpan.FromTicks(Math.Min(2 * _next.Ticks, Longest.Ticks));
            return reason;
        }
    }
}
