namespace AtomGrains.Local;

/// <summary>
/// Tells failures that a run gets over from those that would repeat for ever: processes that never get ready, and
/// processes that fail by themselves while no step is done.
/// </summary>
/// <param name="mostKilledStarts">So many in a row that SIGKILL ends before they are ready are enough.</param>
internal sealed class CrashLoop(int mostKilledStarts = CrashLoop.MostKilledStarts)
{
    // A process that dies before it is ready tells of a broken set-up; this many in a row end the run.
    public const int MostFailedStarts = 4;

    // Whoever kills them has a reason of his own: an operator, who stops some time, or a system without memory, which may not.
    private const int MostKilledStarts = 16;

    // Failures of the processes' own making in a row without a step done for the first time. A lane that breaks every
    // worker it comes to must not take the night; unrelated failures are not that close together.
    private const int MostFailuresInAStep = 6;

    private int _failedStarts;
    private int _killedStarts;
    private int _failures;
    private long _furthest;

    /// <summary>A process got ready.</summary>
    public void Ready() => (_failedStarts, _killedStarts) = (0, 0);

    /// <summary>A step is decided; one that was decided before is no progress.</summary>
    /// <returns>Whether it is progress.</returns>
    public bool Decided(long step)
    {
        if (step < _furthest)
        {
            return false;
        }

        _furthest = step + 1;
        _failures = 0;
        return true;
    }

    /// <summary>A process could not be started: why no other one is to be, or null.</summary>
    public string? NotStarted(string error) => NotReady($"as it could not be started: {error}");

    /// <summary>A process has ended: why no other one is to be started in its place, or null.</summary>
    /// <param name="step">The run's.</param>
    /// <param name="log">What the process has written.</param>
    public string? Ended(NodeHandle node, long step, string log)
    {
        if (!node.IsReady)
        {
            return FaultNames.HasLeft(node.ExitCode) ? null
                : node.Stuck is { } stuck ? NotReady($"because it {stuck}; see {log}")
                : FaultNames.WasKilled(node.ExitCode) ? NotReady(++_killedStarts, mostKilledStarts, $"with exit code {node.ExitCode}; see {log}")
                : NotReady($"with exit code {node.ExitCode}; see {log}");
        }

        return !FaultNames.IsOwnFailure(node.ExitCode) || ++_failures < MostFailuresInAStep ? null
            : $"{_failures} worker processes failed at step {step}, the last with {node.Cause ?? $"exit code {node.ExitCode}"}; see {log}";
    }

    private string? NotReady(string how) => NotReady(++_failedStarts, MostFailedStarts, how);

    private static string? NotReady(int starts, int most, string how) => starts < most ? null
        : $"{starts} worker processes in a row ended before they were ready, the last {how}";
}
