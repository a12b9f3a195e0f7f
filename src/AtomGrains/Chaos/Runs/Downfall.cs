using System.Diagnostics;
using AtomGrains.Chaos.Machine;
using AtomGrains.Chaos.Plans;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Storage.Objects;
using AtomGrains.Node.Workers;

namespace AtomGrains.Chaos.Runs;

/// <summary>Ends everything of a run, one way or the other, and leaves it as a resume has to find it.</summary>
internal sealed class Downfall(ChaosPlan plan, LiveRun run, PlanStore store)
{
    private const int Stopped = 1;
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    private readonly List<string> _violations = [];

    /// <summary>What the run did other than it should have when it was brought down.</summary>
    public IReadOnlyList<string> Violations => _violations;

    /// <summary>Whether there is a checkpoint that could be torn.</summary>
    public bool HasCheckpoint => store.Folder is { } folder && Directory.Exists(folder) && new CheckpointStore(new DirectoryObjectStore(folder)).List().Count > 0;

    /// <param name="supervisor">The process that coordinates; null when there is none just now.</param>
    public void Bring(ChaosStrike strike, int? supervisor)
    {
        switch (strike.Kind)
        {
            case ChaosKind.AllDie:
                run.KillAll();
                break;
            case ChaosKind.TornCheckpoint:
                run.KillAll();
                Torn = TornCheckpoint.Tear(store.Folder!, strike.Variant)?.Object;
                break;
            case ChaosKind.Orphans:
                // First who would start another supervisor.
                Signals.Send(run.Pid, Signals.Kill);
                Signals.Send(supervisor ?? run.Pid, Signals.Kill);
                Await(plan.OrphanGrace + EndsWithin, () => run.Mark.Living().Count == 0, "I10: nodes whose supervisor was killed did not end");
                run.KillAll();
                break;
            case ChaosKind.DiskFull:
                store.Strike(strike.Kind);
                Await(EndsWithin, () => run.HasExited, "I10: a run whose disk is full did not stop");
                run.OutputEnds();
                if (run.HasExited && (run.ExitCode != Stopped || !run.Output.Contains("the run stopped: ", StringComparison.Ordinal)))
                {
                    _violations.Add(FormattableString.Invariant($"I11: a run whose disk is full ended with exit code {run.ExitCode} and did not say why"));
                }

                Await(EndsWithin, () => run.Mark.Living().Count == 0, "I12: a run whose disk is full left processes behind");
                run.KillAll();
                store.Heal(strike.Kind);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(strike), strike.Kind, "does not end everything");
        }
    }

    /// <summary>The object that was broken, which the run has to name; null when none was.</summary>
    public string? Torn { get; private set; }

    private void Await(TimeSpan within, Func<bool> state, string violation)
    {
        for (var started = Stopwatch.GetTimestamp(); !state();)
        {
            if (Stopwatch.GetElapsedTime(started) > within)
            {
                _violations.Add(violation);
                return;
            }

            Thread.Sleep(Poll);
        }
    }
}
