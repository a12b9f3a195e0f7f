using System.Globalization;
using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Node.Storage;

namespace AtomGrains.Grains.Runs;

/// <summary>
/// The losses of a run, phase by phase, until each is over and has its line. A loss is on disk from the moment it is known:
/// a coordinator that is lost before the line is written leaves it to its successor.
/// </summary>
internal sealed class FaultLedger
{
    private readonly RunPlan _plan;
    private readonly RunJournal _journal;
    private readonly StruckFaults _struck;
    private readonly FileRegister _losses;
    private readonly List<Recovery> _open = [];
    private readonly Dictionary<NodeId, DateTimeOffset> _heard = [];

    public FaultLedger(RunPlan plan, RunJournal journal, StruckFaults struck)
    {
        _plan = plan;
        _journal = journal;
        _struck = struck;
        _losses = new FileRegister(plan.Folder, "losses");
        var told = JsonLines.Read(Path.Combine(plan.Folder, RunFolder.FaultsFileName), StorageJson.Default.FaultLine).Select(line => line.Who).ToHashSet();
        foreach (var number in _losses.Generations())
        {
            var loss = JsonSerializer.Deserialize(_losses.Read(number), StorageJson.Default.FaultLine)!;
            if (!told.Contains(loss.Who))
            {
                _open.Add(Reopen(new NodeId((int)number.Value), loss));
            }
        }
    }

    public void Heard(NodeId node, DateTimeOffset now) => _heard[node] = now;

    /// <param name="step">The step in progress, which a coordinator that takes over has only from the journal.</param>
    public void Lost(MemberLost lost, long step, int slot, long lanesRecomputed)
    {
        var now = DateTimeOffset.UtcNow;
        var ordered = _struck.Of(lost.Node);
        var since = ordered?.At ?? _heard.GetValueOrDefault(lost.Node, now);
        if (_open.Exists(open => open.Node == lost.Node))
        {
            // The predecessor knew.
            return;
        }

        var recovery = new Recovery(lost.Node, slot, step, lost.Generation.Value, now, lanesRecomputed)
        {
            Kind = ordered is { } strike ? FaultPlan.NameOf(_plan.Faults.Orders[strike.Order].Kind) : lost.Cause switch
            {
                LossCause.Silent => "stop",
                LossCause.Hung => "hang",
                _ => "end",
            },
            Order = ordered is { } known ? $"ordered {_plan.Faults.Orders[known.Order]}" : null,
            Detect = Math.Max(0, (now - since).TotalSeconds),
        };
        _losses.TryCreate(
            new Generation(lost.Node.Value),
            JsonSerializer.SerializeToUtf8Bytes(recovery.Line(lanesRecomputed, recovery.Order), StorageJson.Default.FaultLine));
        _open.Add(recovery);
    }

    public void ViewRecorded(DateTimeOffset now) => _open.ForEach(recovery => recovery.ViewRecorded(now));

    public void ViewInstalled(View view, int workers)
    {
        var isFull = view.Partitions.All(placement => placement.Backup is not null) || (view.Workers.Count == 1 && workers == 1);
        _open.ForEach(recovery => recovery.ViewInstalled(view.Generation.Value, isFull, DateTimeOffset.UtcNow));
    }

    public void StepDecided(long step, DateTimeOffset now) => _open.ForEach(recovery => recovery.StepDecided(step, now));

    public void RolledBack(long steps) => _open.ForEach(recovery => recovery.StepsRedone = steps);

    public void Scaled(int workers, long step, Generation generation) => _journal.Fault(new FaultLine
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

    // Lanes that were computed again under the predecessor are counted in its nodes, not in ours: the difference begins anew.
    private static Recovery Reopen(NodeId node, FaultLine loss) =>
        new(node, int.Parse(loss.Who.Split(' ')[^1], CultureInfo.InvariantCulture), loss.Step, loss.GenerationBefore, loss.Ts, 0)
        {
            Kind = loss.Kind,
            Order = loss.Detail,
            Detect = loss.Seconds.Detect,
        };

    private void Close(Predicate<Recovery> which, long lanesRecomputed)
    {
        foreach (var recovery in _open.FindAll(which))
        {
            _journal.Fault(recovery.Line(lanesRecomputed, recovery.Order));
            _open.Remove(recovery);
        }
    }
}
