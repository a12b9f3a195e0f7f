using System.Collections.Immutable;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Workers;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>
/// Decides views and steps of one run (PROTOCOL R1, R3). It holds no tensor and nothing that the register and the
/// replicas could not tell a successor. Every event ends in <see cref="Reconcile"/>, which does the one next thing
/// that is possible: change the view, install it, or decide the step.
/// </summary>
/// <param name="newest">The newest view of the register, when a run under way gets a new coordinator; else null.</param>
/// <param name="taken">The newest generation of the register, when there is no view to take over; else none.</param>
/// <param name="origin">The checkpoint that the first view's lineage begins from; null for the seed, or when a view is taken over.</param>
/// <param name="deaths">Those of the newest view in the register, when it is not taken over: a run that is started again does not forget them.</param>
/// <param name="known">
/// The step in progress when a view is taken over, as far as the predecessor's records tell. It decides nothing, and is what is
/// said of losses and rollbacks until the replicas have been heard.
/// </param>
public sealed partial class Coordinator(
    RunSpec spec, PartitionLayout layout, CoordinatorOptions options, ProtocolRules rules, View? newest = null, Generation taken = default,
    LineageOrigin? origin = null, IReadOnlyList<LaneDeath>? deaths = null, long known = 0)
{
    private readonly SortedDictionary<NodeId, NodeRecord> _nodes = [];
    private readonly Dictionary<NodeId, Adopted> _reports = [];
    private readonly HashSet<PartitionId> _inSync = [];
    private readonly StepTally _tally = new();
    private readonly ShardLayout _shards = new(spec);
    private readonly Dictionary<StepKey, SortedDictionary<int, double>> _evaluations = [];
    private int _targetWorkers = options.Workers;
    private Generation _newest = newest?.Generation ?? taken;
    private View? _view = newest;
    private (View? View, NodeId[] Nodes) _duties = (null, []);
    private bool _ownsView = newest is null;
    private bool _recalled = newest is null;
    private View? _recording;
    private Decision? _decidedWhileRecording;
    private bool _installed;
    private long _step = origin?.Checkpoint.Step ?? 0;
    private long _known = known;
    private Decision? _last;
    private Decision? _again;
    private long _proven = -1;
    private PartitionId? _mistrusted;
    private double _validationLoss = double.NaN;
    private StepKey? _evaluated;
    private bool _evaluatedFinal;
    private bool _over;
    private string? _waitingFor;
    private TimeSpan? _firstReady;
    private TimeSpan? _lostSince;
    private TimeSpan _progress;
    private int _viewsWithoutStep;
    private long _furthest;
    private TimeSpan _lastTick;
    private readonly StepPace _pace = new(options.Pace);
    private TimeSpan _stepBegan;
    private bool _stepDisturbed;
    private LateStep? _late;

    public View? View => _view;

    /// <summary>The step at hand; equal to the run's steps when all are decided.</summary>
    public long Step => Math.Max(_step, _known);

    public bool IsInstalled => _installed;

    public bool IsOver => _over;

    public int TargetWorkers => _targetWorkers;

    /// <summary>Whether a node counts towards those that are wanted: it may be there soon, it is not lost and does not leave.</summary>
    public bool Counts(NodeId node) => !_nodes.TryGetValue(node, out var record) || (record.Standing == NodeStanding.Alive && !record.Leaving);

    public NodeStanding? StandingOf(NodeId node) => _nodes.TryGetValue(node, out var record) ? record.Standing : null;

    public void HandleMessage(NodeId from, ControlMessage message, TimeSpan now, Outbox outbox)
    {
        if (message is NodeReady ready && !_nodes.ContainsKey(from))
        {
            _nodes.Add(from, new NodeRecord(new Member(from, ready.Slot, ready.Address, ready.Host), new FailureDetector(options.Heartbeat, now)));
            if (_quarantines.Exists(quarantine => quarantine.Node == from))
            {
                // Of a predecessor's time: it serves what it alone has, and nothing else.
                _nodes[from].Retire();
            }

            _firstReady ??= now;
            outbox.Add(new MemberReady(from));
            Reconcile(now, outbox);
            return;
        }

        if (!_nodes.TryGetValue(from, out var node))
        {
            outbox.Send(from, new Introduce());
            return;
        }

        if (message is SliceStored last && node.Standing == NodeStanding.Gone)
        {
            // It has left in order, and still wrote what it had begun: a slice is as good whoever wrote it.
            OnSliceStored(last, outbox);
            return;
        }

        if (node.Standing is NodeStanding.Fenced or NodeStanding.Gone)
        {
            outbox.Send(from, new Dismiss(_newest, DismissReason.Fenced));
            return;
        }

        node.Detector.Heard(now);
        node.Standing = NodeStanding.Alive;
        switch (message)
        {
            case Adopted adopted:
                OnAdopted(from, adopted, now);
                break;
            case Sealed seals:
                OnSealed(seals);
                break;
            case JoinerInSync inSync when inSync.Generation == _view?.Generation:
                _inSync.Add(inSync.Partition);
                break;
            case ReplicasDiffer differ when differ.Generation == _view?.Generation && _mistrusted is null && _recording is null:
                _mistrusted = differ.Partition;
                outbox.Add(new ReplicasDiffered(differ.Partition, from, differ.Backup, differ.Version, differ.Generation));
                break;
            case LaneDisputed disputed:
                OnDisputed(disputed, now, outbox);
                break;
            case BatchEvaluated evaluated:
                OnEvaluated(evaluated);
                break;
            case LanesNotFinite report:
                OnNotFinite(report);
                break;
            case WeightsExported exported:
                OnExported(exported, outbox);
                break;
            case WaitsFor waits when waits.Generation == _view?.Generation:
                _late?.Add(from, waits);
                break;
            case SliceStored stored:
                OnSliceStored(stored, outbox);
                break;
            case SliceNotStored missing:
                GiveUp(new CheckpointId(missing.Before.Lineage, missing.Before.Step + 1));
                break;
            case LeaveRequested:
                node.Leave(now);
                break;
            case ViewWanted wanted:
                SendView(from, wanted.Own, outbox);
                break;
            case ReplicasDiffer or JoinerInSync or Heartbeat or StepTimed or NodeReady or WaitsFor:
                break;
            default:
                throw new ProtocolViolationException($"{message.GetType().Name} is not for the coordinator");
        }

        Reconcile(now, outbox);
    }

    /// <summary>
    /// A node's process has ended, or its connection has closed for good; said again when more is known of its end.
    /// </summary>
    /// <param name="death">In the middle of which lane; null when it was in none, or that is not known.</param>
    public void OnNodeEnded(NodeId node, TimeSpan now, Outbox outbox, NodeDeath? death = null)
    {
        if (!_ownsView && !_nodes.ContainsKey(node) && _view!.Members.FirstOrDefault(member => member.Node == node) is { } missed)
        {
            // A member of the predecessor's view that ended before it was heard: nobody waits for it.
            _nodes.Add(node, new NodeRecord(missed, new FailureDetector(options.Heartbeat, now)));
        }

        if (_nodes.TryGetValue(node, out var record) && record.Standing != NodeStanding.Gone)
        {
            var noticed = record.Standing == NodeStanding.Alive && !record.IsRetired;
            record.Standing = NodeStanding.Gone;
            if (noticed)
            {
                outbox.Add(new MemberLost(node, LossCause.Ended, Step, _view?.Generation ?? Generation.None));
            }
        }

        if (death is not null)
        {
            OnDeath(node, death, now, outbox);
        }

        Reconcile(now, outbox);
    }

    /// <summary>Another number of workers is wanted, from the next step on.</summary>
    public void OnScale(int workers, TimeSpan now, Outbox outbox)
    {
        _targetWorkers = workers;
        Reconcile(now, outbox);
    }

    /// <summary>The register holds the view that was to be recorded.</summary>
    public void OnViewRecorded(Generation generation, TimeSpan now, Outbox outbox)
    {
        if (_recording is not { } view || view.Generation != generation)
        {
            return;
        }

        if (_decidedWhileRecording is { } decision)
        {
            _decidedWhileRecording = null;
            SendDecision(decision, now, outbox, viewFollows: true);
        }

        if (_view is { } old && old.Lineage != view.Lineage)
        {
            StartLineage(view);
        }

        _recording = null;
        _mistrusted = null;
        DeathsRecorded(view);
        AuditsRecorded(view);
        _viewsWithoutStep++;
        _view = view;
        _ownsView = true;
        _newest = generation;
        _installed = false;
        _lostSince = null;
        _found = null;
        _reports.Clear();
        _tally.Clear();
        _inSync.Clear();
        _progress = now;
        if (_viewsWithoutStep > options.MaximumViewsWithoutStep + (2 * view.Members.Length))
        {
            StopWithCheckpoint($"{_viewsWithoutStep} views in a row were recorded without a step done for the first time; step {_step} does not come about", now, outbox);
            if (_over)
            {
                return;
            }
        }

        Publish(view, outbox);
        Reconcile(now, outbox);
    }

    /// <summary>Somebody else created that generation: this coordinator stops for good (PROTOCOL R1).</summary>
    public void OnRecordRefused(Generation generation, Outbox outbox)
    {
        _over = true;
        outbox.Add(new Superseded(generation));
    }

    /// <summary>The host sees that a silent node's process is neither stopped nor dead: it is starved, and will speak.</summary>
    public void OnVouchedFor(NodeId node, TimeSpan now)
    {
        if (_nodes.TryGetValue(node, out var record))
        {
            record.Detector.Pardon(now);
        }
    }

    public void OnTick(TimeSpan now, Outbox outbox)
    {
        var wasAway = now - _lastTick > options.Heartbeat.MinimumTimeout / 2;
        _lastTick = now;
        foreach (var (id, node) in _nodes)
        {
            if (wasAway)
            {
                node.Detector.Pardon(now);
            }

            if (node.Standing == NodeStanding.Alive && node.Detector.Suspects(now))
            {
                node.Standing = NodeStanding.Silent;
                if (!node.IsRetired)
                {
                    outbox.Add(new MemberLost(id, LossCause.Silent, Step, _view?.Generation ?? Generation.None));
                }
            }
        }

        WatchStep(now, outbox);
        Reconcile(now, outbox);
        if (!_over && _view is { } view && _recording is null && now - _progress > options.RetryAfter)
        {
            _progress = now;
            SendAgain(view, outbox);
        }
    }

    private void Reconcile(TimeSpan now, Outbox outbox)
    {
        if (_over || _recording is not null || IsStopped(now, outbox))
        {
            return;
        }

        if (_view is null)
        {
            Form(now, outbox);
        }
        else if (!_ownsView)
        {
            TakeOver(_view, now, outbox);
        }
        else if (!DutiesOfLivingOnly(_view) || HoldsUpTheRun(_view) || MustHandOver(_view, now) || HasNewDeaths || MayGiveOutHeldLanes(_view, now) || _mistrusted is not null
            || HasNewQuarantines(_view) || _backTo is not null || CanDecide(_view))
        {
            Propose(null, now, outbox);
        }
        else if (_installed || TryInstall(_view, now, outbox))
        {
            WaitForDecider(_view, now, outbox);
            TryDecide(_view, now, outbox);
            AskForLastCheckpoint(_view, outbox);
        }
    }

    private bool IsAlive(NodeId node) => _nodes.TryGetValue(node, out var record) && record.Standing == NodeStanding.Alive;

    // Asked with every event: of the same view until there is another.
    private bool DutiesOfLivingOnly(View view)
    {
        if (!ReferenceEquals(_duties.View, view))
        {
            _duties = (view, [.. Duties(view)]);
        }

        return Array.TrueForAll(_duties.Nodes, IsAlive);
    }

    private static HashSet<NodeId> Duties(View view) =>
        [.. view.LaneOwners, .. view.ReplicaNodes, .. view.Partitions.Select(placement => placement.Joiner).OfType<NodeId>()];

    // Control messages may be lost with a connection: the view, the last decision and the export are said again.
    private void SendAgain(View view, Outbox outbox)
    {
        foreach (var member in view.Members)
        {
            if (!_installed && !_reports.ContainsKey(member.Node))
            {
                outbox.Send(member.Node, new AdoptView(view));
            }
            else if (_installed && _last is { } last && last.Lineage == view.Lineage)
            {
                outbox.Send(member.Node, new AdoptView(view));
                outbox.Send(member.Node, new Decide(view.Generation, last));
            }
        }

        if (_installed && _evaluatedFinal)
        {
            AskForExport(view, outbox);
        }
        else if (_installed && EvaluationPlan.IsDue(_step, spec))
        {
            foreach (var worker in view.Workers)
            {
                outbox.Send(worker, new ReturnToStep(view.Generation, view.Lineage, _step));
            }
        }
    }

    private void WaitFor(string? what, Outbox outbox)
    {
        if (_waitingFor != what)
        {
            _waitingFor = what;
            outbox.Add(new Waiting(what));
        }
    }
}
