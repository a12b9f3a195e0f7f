namespace AtomGrains.Local;

/// <summary>
/// Tells failures that a run gets over from those that would repeat for ever: processes that never get ready, and
/// processes that fail by themselves while no step is done.
/// </summary>
internal sealed class CrashLoop
{
    // A process that dies before it is ready tells of a broken set-up; this many in a row end the run.
    private const int MostFailedStarts = 4;

    // Failures of the processes' own making in a row without a step done for the first time. A lane that breaks every
    // worker it comes to must not take the night; unrelated failures are not that close together.
    private const int MostFailuresInAStep = 6;

    private int _failedStarts;
    private int _failures;
    private long _furthest;

    /// <summary>A process got ready.</summary>
    public void Ready() => _failedStarts = 0;

    /// <summary>A step is decided; one that was decided before is no progress.</summary>
    public void Decided(long step)
    {
        if (step >= _furthest)
        {
            _furthest = step + 1;
            _failures = 0;
        }
    }

    /// <summary>The system has not started a process: why the run has to end with it, or null.</summary>
    public string? NotStarted(string why) =>
        ++_failedStarts < MostFailedStarts ? null : $"{_failedStarts} worker processes in a row could not be started or ended before they were ready, the last with: {why}";

    /// <summary>A process has ended: why the run has to end with it, or null.</summary>
    /// <param name="step">The run's.</param>
    /// <param name="log">What the process has written.</param>
    public string? Ended(NodeHandle node, long step, string log)
    {
        if (!node.IsReady)
        {
            return FaultNames.HasLeft(node.ExitCode) || ++_failedStarts < MostFailedStarts ? null
                : $"{_failedStarts} worker processes in a row ended before they were ready, the last with exit code {node.ExitCode}; see {log}";
        }

        return !FaultNames.IsOwnFailure(node.ExitCode) || ++_failures < MostFailuresInAStep ? null
            : $"{_failures} worker processes failed at step {step}, the last with {node.Cause ?? $"exit code {node.ExitCode}"}; see {log}";
    }
}
