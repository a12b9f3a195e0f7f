using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Telemetry;

namespace AtomGrains.Node.Runs;

/// <summary>
/// What a host writes down of its run, the same on each host: which effect of the coordinator is a line of the journal, of
/// the fault ledger, a checkpoint's affair, a figure of the meter, a word to a person. What is delivered, started and decided
/// about processes is the host's own.
/// </summary>
/// <param name="metrics">Null where nobody reads them.</param>
/// <param name="spares">That are wanted.</param>
/// <param name="now">The coordinator's time.</param>
/// <param name="note">Tells a person.</param>
public sealed class RunDesk(
    RunJournal journal, FaultLedger ledger, CheckpointDesk checkpoints, Coordinator coordinator, RunMetrics? metrics, int spares, Func<TimeSpan> now, Action<string> note)
{
    private string? _weights;
    private double _validationLoss = double.NaN;

    private Generation Generation => coordinator.View?.Generation ?? Generation.None;

    /// <summary>A coordinator goes on from its predecessor's newest view.</summary>
    public void TakesOver()
    {
        journal.Begins(DateTimeOffset.UtcNow);
        checkpoints.AskAge(age => metrics?.CheckpointInherited(age, now()));
    }

    /// <summary>A run of which nothing lives goes on from a checkpoint, or from the seeded beginning: what that gives up is written down.</summary>
    /// <param name="last">The newest view of its register.</param>
    /// <param name="origin">Null for the seed.</param>
    public void GoesOn(View last, LineageOrigin? origin)
    {
        var decided = journal.NextStepIn(last);
        if (decided - (origin?.Checkpoint.Step ?? 0) is > 0 and var lost)
        {
            var words = $"nothing of the run lived, {(origin is null ? "and no checkpoint was left" : $"the newest checkpoint was of {origin.Checkpoint}")}: {lost} committed steps will be computed again";
            if (ledger.RolledBack(lost, decided, last.Generation, words))
            {
                metrics?.RolledBack(lost);
                note(words);
            }
        }
    }

    /// <summary>A message of a node, on its way to the coordinator.</summary>
    public void Heard(ControlMessage message)
    {
        if (checkpoints.Note(message) is { } stored)
        {
            metrics?.Stored(stored);
        }

        if (message is StepTimed timed)
        {
            journal.Timed(timed);
            metrics?.Timed(timed);
        }
    }

    /// <summary>A node was asked to end and hands over; told once of each.</summary>
    public void Leaves(NodeId node, int slot, OrderedStrike? strike)
    {
        metrics?.LeaveNoticed();
        ledger.Leaves(node, slot, coordinator.Step, Generation, strike);
    }

    /// <summary>Something was found out about the device of a worker.</summary>
    /// <param name="kind">Of the ledger's kinds.</param>
    public void DeviceNoted(string kind, int slot, string device, string detail) => ledger.DeviceNoted(kind, slot, device, detail, coordinator.Step, Generation);

    /// <exception cref="InvalidOperationException">The effect is no coordinator's, or one that only its host can carry out.</exception>
    public void CarryOut(Effect effect)
    {
        switch (effect)
        {
            case StepDecided decided:
                OnDecided(decided);
                break;
            case DecisionRecalled recalled:
                journal.Decided(recalled.Decision, recalled.Generation, DateTimeOffset.UtcNow);
                break;
            case VersionProven proven:
                journal.Proven(proven);
                break;
            case ViewInstalled installed:
                OnInstalled(installed.View);
                break;
            case RolledBack back:
                ledger.RolledBack(back.StepsLost, coordinator.Step, Generation, back.InWords);
                metrics?.RolledBack(back.StepsLost);
                note(back.InWords);
                break;
            case ReplicasDiffered differed:
                ledger.Differed(differed, coordinator.Step);
                note(differed.InWords);
                break;
            case WrongBitsFound found:
                ledger.WrongBits(found);
                note($"worker {found.Slot} computes wrong bits: {found.InWords(journal.Spec)}");
                break;
            case AuditsNotPossible:
                note(AuditsNotPossible.InWords);
                break;
            case Evaluated evaluated:
                _validationLoss = evaluated.Loss;
                break;
            case WriteManifest manifest:
                journal.CompleteBefore(manifest.Manifest.Step);
                checkpoints.CarryOut(manifest);
                break;
            case FindCheckpoint:
                checkpoints.CarryOut(effect);
                break;
            case CheckpointCompleted:
                checkpoints.CarryOut(effect);
                metrics?.CheckpointCompleted(now());
                break;
            case RunFinished finished:
                (_weights, _validationLoss) = (finished.WeightsSha256, finished.ValidationLoss);
                break;
            case MemberReady:
                break;
            default:
                throw new InvalidOperationException($"{effect.GetType().Name} is not a coordinator's effect");
        }
    }

    /// <summary>Counts the losses whose kind became known, and writes the lines of those that are over.</summary>
    /// <returns>The lines.</returns>
    public IReadOnlyList<FaultLine> Follow()
    {
        CountKnown();
        return Recovered(ledger.CloseWhatIsOver());
    }

    /// <summary>How the run stands.</summary>
    /// <param name="counters">Sums over all nodes that there ever were.</param>
    /// <param name="ready">Nodes that are alive and have said that they are ready.</param>
    /// <param name="placed">Nodes that live or are starting.</param>
    /// <param name="held">Of the devices, those that are held now.</param>
    /// <param name="quarantined">Devices that are used no more.</param>
    public void Observe(NodeCounters counters, int ready, int placed, int held, int quarantined)
    {
        var gauges = new RunGauges(coordinator.View?.Workers.Count ?? 0, ready, Generation.Value, counters, coordinator.CheckpointAge, coordinator.Audits)
        {
            WorkersWanted = coordinator.TargetWorkers,
            SparesWanted = spares,
            DevicesMissing = Math.Max(0, coordinator.TargetWorkers + spares - placed),
            DevicesQuarantined = quarantined,
        };
        metrics?.Observe(gauges, held, now());
    }

    /// <summary>The run is over, or rests.</summary>
    /// <param name="isStopped">Before its last step, and nobody had asked for it.</param>
    public void ObserveAtRest(NodeCounters counters, bool isStopped)
    {
        CountKnown();
        metrics?.Observe(RunGauges.AtRest(Generation.Value, counters, coordinator.Audits, isStopped), held: 0, now());
    }

    /// <summary>No step comes any more: writes the lines that are still waiting, and returns those of the losses.</summary>
    public IReadOnlyList<FaultLine> Complete()
    {
        journal.Complete();
        return Recovered(ledger.CloseAll());
    }

    /// <param name="started">Worker processes.</param>
    public RunReport Report(NodeCounters counters, int started) => RunReport.Of(journal, ledger, counters, started, _weights, _validationLoss, coordinator.Audits);

    private void OnDecided(StepDecided decided)
    {
        var at = DateTimeOffset.UtcNow;
        ledger.Skipped(decided);
        journal.Decided(decided.Decision, decided.Generation, at);
        ledger.StepDecided(decided.Decision.Step, at);
        metrics?.Decided(decided.Decision, journal.LastSeconds.ByPhase(), now());
    }

    private void OnInstalled(View view)
    {
        var at = DateTimeOffset.UtcNow;
        journal.Begins(at);
        ledger.ViewInstalled(view, coordinator.TargetWorkers, at);
        metrics?.ViewInstalled(view.Workers.Count);
    }

    private void CountKnown()
    {
        foreach (var (kind, role) in ledger.TakeKnown())
        {
            metrics?.Fault(kind, role);
        }
    }

    private IReadOnlyList<FaultLine> Recovered(IReadOnlyList<FaultLine> lines)
    {
        foreach (var line in lines)
        {
            metrics?.Recovered(line.Seconds.ByPhase());
        }

        return lines;
    }
}
