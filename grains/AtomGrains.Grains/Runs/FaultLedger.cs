using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Node.Storage;

namespace AtomGrains.Grains.Runs;

/// <summary>The losses of one activation's time, phase by phase, until each is over and has its line.</summary>
internal sealed class FaultLedger(RunPlan plan, RunJournal journal, StruckFaults struck)
{
    private readonly List<Recovery> _open = [];
    private readonly Dictionary<NodeId, DateTimeOffset> _heard = [];

    public void Heard(NodeId node, DateTimeOffset now) => _heard[node] = now;

    /// <param name="step">The step in progress, which a coordinator that takes over has only from the journal.</param>
    public void Lost(MemberLost lost, long step, int slot, long lanesRecomputed)
    {
        var now = DateTimeOffset.UtcNow;
        var ordered = struck.Of(lost.Node);
        var since = ordered?.At ?? _heard.GetValueOrDefault(lost.Node, now);
        _open.Add(new Recovery(lost.Node, slot, step, lost.Generation.Value, now, lanesRecomputed)
        {
            Kind = ordered is { } strike ? FaultPlan.NameOf(plan.Faults.Orders[strike.Order].Kind) : lost.Cause switch
            {
                LossCause.Silent => "stop",
                LossCause.Hung => "hang",
                _ => "end",
            },
            Order = ordered is { } known ? $"ordered {plan.Faults.Orders[known.Order]}" : null,
            Detect = Math.Max(0, (now - since).TotalSeconds),
        });
    }

    public void ViewRecorded(DateTimeOffset now) => _open.ForEach(recovery => recovery.ViewRecorded(now));

    public void ViewInstalled(View view, int workers)
    {
        var isFull = view.Partitions.All(placement => placement.Backup is not null) || (view.Workers.Count == 1 && workers == 1);
        _open.ForEach(recovery => recovery.ViewInstalled(view.Generation.Value, isFull, DateTimeOffset.UtcNow));
    }

    public void StepDecided(long step, DateTimeOffset now) => _open.ForEach(recovery => recovery.StepDecided(step, now));

    public void RolledBack(long steps) => _open.ForEach(recovery => recovery.StepsRedone = steps);

    public void Scaled(int workers, long step, Generation generation) => journal.Fault(new FaultLine
    {
        Ts = DateTimeOffset.UtcNow,
        Kind = FaultPlan.NameOf(FaultKind.Scale),
        Role = "supervisor",
        Who = $"to {workers} workers",
        Step = step,
        GenerationBefore = generation.Value,
        GenerationAfter = generation.Value,
        StepsRedone = 0,
        LanesRedone = 0,
        Seconds = new RecoverySeconds(0, 0, 0, 0, 0),
    });

    public void CloseWhatIsOver(long lanesRecomputed) => Close(recovery => recovery.IsOver, lanesRecomputed);

    public void CloseAll(long lanesRecomputed) => Close(_ => true, lanesRecomputed);

    private void Close(Predicate<Recovery> which, long lanesRecomputed)
    {
        foreach (var recovery in _open.FindAll(which))
        {
            journal.Fault(recovery.Line(lanesRecomputed, recovery.Order));
            _open.Remove(recovery);
        }
    }
}
