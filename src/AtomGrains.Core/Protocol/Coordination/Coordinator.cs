using System.Collections.Immutable;
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
public sealed class Coordinator(
    RunSpec spec, PartitionLayout layout, CoordinatorOptions options, ProtocolRules rules, View? newest = null, Generation taken = default)
{
    private readonly SortedDictionary<NodeId, NodeRecord> _nodes = [];
    private readonly Dictionary<NodeId, Adopted> _reports = [];
    private readonly HashSet<PartitionId> _inSync = [];
    private readonly StepTally _tally = new();
    private readonly Dictionary<StepKey, SortedDictionary<int, double>> _evaluations = [];
    private int _targetWorkers = options.Workers;
    private Generation _newest = newest?.Generation ?? taken;
    private View? _view = newest;
    private bool _ownsView = newest is null;
    private View? _recording;
    private Decision? _decidedWhileRecording;
    private bool _installed;
    private long _step;
    private Decision? _last;
    private Decision? _again;
    private double _validationLoss = double.NaN;
    private bool _evaluatedFinal;
    private bool _over;
    private string? _waitingFor;
    private TimeSpan? _firstReady;
    private TimeSpan? _lostSince;
    private TimeSpan _progress;
    private TimeSpan _lastTick;
    private readonly StepPace _pace = new(options.Pace);
    private TimeSpan _stepBegan;
    private bool _stepDisturbed;
    private LateStep? _late;

    public View? View => _view;

    /// <summary>The step at hand; equal to the run's steps when all are decided.</summary>
    public long Step => _step;

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
            _nodes.Add(from, new NodeRecord(new Member(from, ready.Slot, ready.Address), new FailureDetector(options.Heartbeat, now)));
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
            case BatchEvaluated evaluated:
                OnEvaluated(evaluated);
                break;
            case WeightsExported exported:
                OnExported(exported, outbox);
                break;
            case WaitsFor waits when waits.Generation == _view?.Generation:
                _late?.Add(from, waits);
                break;
            case LeaveRequested:
                node.Leaving = true;
                break;
            case ViewWanted wanted:
                SendView(from, wanted.Own, outbox);
                break;
            case JoinerInSync or Heartbeat or StepTimed or NodeReady or WaitsFor:
                break;
            default:
                throw new ProtocolViolationException($"{message.GetType().Name} is not for the coordinator");
        }

        Reconcile(now, outbox);
    }

    /// <summary>A node's process has ended, or its connection has closed for good.</summary>
    public void OnNodeEnded(NodeId node, TimeSpan now, Outbox outbox)
    {
        if (!_ownsView && !_nodes.ContainsKey(node) && _view!.Members.FirstOrDefault(member => member.Node == node) is { } missed)
        {
            // A member of the predecessor's view that ended before it was heard: nobody waits for it.
            _nodes.Add(node, new NodeRecord(missed, new FailureDetector(options.Heartbeat, now)));
        }

        if (_nodes.TryGetValue(node, out var record) && record.Standing != NodeStanding.Gone)
        {
            var noticed = record.Standing == NodeStanding.Alive;
            record.Standing = NodeStanding.Gone;
            if (noticed)
            {
                outbox.Add(new MemberLost(node, LossCause.Ended, _step, _view?.Generation ?? Generation.None));
            }

            Reconcile(now, outbox);
        }
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
            SendDecision(decision, now, outbox);
        }

        if (_view is { } old && old.Lineage != view.Lineage)
        {
            StartLineage();
        }

        _recording = null;
        _view = view;
        _ownsView = true;
        _newest = generation;
        _installed = false;
        _lostSince = null;
        _reports.Clear();
        _tally.Clear();
        _inSync.Clear();
        _progress = now;
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
                outbox.Add(new MemberLost(id, LossCause.Silent, _step, _view?.Generation ?? Generation.None));
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

    // Steps are lost with the only copy of a partition: however late that node is, it is worth waiting for.
    private bool CanDoWithout(NodeId node) =>
        _nodes.Values.Any(other => other.Member.Node != node && other.Standing == NodeStanding.Alive)
        && Enumerable.Range(0, spec.Partitions).Select(i => new PartitionId(i)).All(partition =>
            rules.Candidates(partition, _view!.Placement(partition), _inSync.Contains(partition)).Any(other => other != node && IsAlive(other)));

    // A step past its deadline: ask, give time to answer, then go on without the one that is waited for.
    private void WatchStep(TimeSpan now, Outbox outbox)
    {
        if (_over || !_installed || _recording is not null || _step == spec.Steps)
        {
            return;
        }

        var evaluation = EvaluationPlan.IsDue(_step, spec) ? 2 + spec.Evaluation.Batches : 1;
        if (_late is null && now - _stepBegan > _pace.Deadline * evaluation)
        {
            _late = new LateStep(now);
            foreach (var member in _view!.Members)
            {
                outbox.Send(member.Node, new SayWhatYouWaitFor(_view.Generation));
            }
        }
        else if (_late is { } late && now - late.Asked > options.Pace.AnswerWithin)
        {
            _late = null;
            _stepBegan = now;
            _pace.Used();
            if (late.Blamed(_view!) is { } blamed && _nodes.TryGetValue(blamed, out var node) && node.Standing == NodeStanding.Alive && CanDoWithout(blamed))
            {
                // It may well be alive, and say so: it has to start anew all the same.
                node.Standing = NodeStanding.Fenced;
                outbox.Add(new MemberLost(blamed, LossCause.Hung, _step, _view!.Generation));
            }
        }
    }

    private void Reconcile(TimeSpan now, Outbox outbox)
    {
        if (_over || _recording is not null)
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
        else if (Duties(_view).Any(node => !IsAlive(node)))
        {
            Propose(null, now, outbox);
        }
        else if (_installed || TryInstall(_view, now, outbox))
        {
            TryDecide(_view, now, outbox);
        }
    }

    private void Form(TimeSpan now, Outbox outbox)
    {
        var ready = _nodes.Values.Count(node => node.Standing == NodeStanding.Alive);
        var wanted = _targetWorkers + options.Spares;
        var waited = now - _firstReady;
        if (ready >= wanted || (ready >= _targetWorkers && waited > options.SpareGrace) || (ready > 0 && waited > options.StartGrace))
        {
            Propose(null, now, outbox);
        }
        else
        {
            WaitFor($"workers: {ready} of {wanted} ready", outbox);
        }
    }

    // A predecessor's view is replaced by one of our own as soon as its nodes have been heard, or have had the time.
    private void TakeOver(View view, TimeSpan now, Outbox outbox)
    {
        _firstReady ??= now;
        if (Duties(view).All(_nodes.ContainsKey) || now - _firstReady > options.TakeOverGrace)
        {
            Propose(null, now, outbox);
        }
        else
        {
            WaitFor("the nodes of the run to report", outbox);
        }
    }

    private bool IsAlive(NodeId node) => _nodes.TryGetValue(node, out var record) && record.Standing == NodeStanding.Alive;

    private static HashSet<NodeId> Duties(View view) =>
        [.. view.LaneOwners, .. view.ReplicaNodes, .. view.Partitions.Select(placement => placement.Joiner).OfType<NodeId>()];

    // Who shall own lanes: those who do now come first, then the lowest slots. One who leaves only if nobody else is there.
    private List<NodeId> ChooseWorkers()
    {
        var working = _view?.Workers.ToHashSet() ?? [];
        var alive = _nodes.Values.Where(node => node.Standing == NodeStanding.Alive).ToList();
        return [.. (alive.Exists(node => !node.Leaving) ? alive.Where(node => !node.Leaving) : alive)
            .OrderBy(node => working.Contains(node.Member.Node) ? 0 : 1)
            .ThenBy(node => node.Member.Slot)
            .ThenBy(node => node.Member.Node)
            .Take(Math.Min(_targetWorkers, spec.Lanes))
            .Select(node => node.Member.Node)
            .Order()];
    }

    /// <summary>Proposes the next view, or waits. <paramref name="decision"/> goes out first, under the old generation.</summary>
    private void Propose(Decision? decision, TimeSpan now, Outbox outbox)
    {
        var workers = ChooseWorkers();
        if (workers.Count == 0)
        {
            WaitFor("a living worker", outbox);
            return;
        }

        var generation = rules.NextGeneration(_newest);
        var alive = _nodes.Values.Where(node => node.Standing == NodeStanding.Alive).ToList();
        var others = alive.Select(node => node.Member.Node).Except(workers).ToHashSet();
        PartitionPlacement[]? placements;
        Lineage lineage;
        if (_view is null)
        {
            placements = PartitionAssigner.Initial(workers, spec.Partitions);
            lineage = new Lineage(generation);
        }
        else
        {
            lineage = _view.Lineage;
            (placements, var lost) = PartitionAssigner.Reassign(_view.Partitions, workers, others, _inSync, rules);
            if (placements is null)
            {
                if (!MayRollBack(lost, now, outbox))
                {
                    return;
                }

                lineage = new Lineage(generation);
                placements = PartitionAssigner.Initial(workers, spec.Partitions);
                outbox.Add(new RolledBack(lineage, _step, lost));
            }
        }

        WaitFor(null, outbox);
        _recording = new View
        {
            Generation = generation,
            Lineage = lineage,
            Members = [.. alive.Select(node => node.Member)],
            LaneOwners = [.. LaneAssigner.Assign(_view?.LaneOwners, workers, spec.Lanes)],
            Partitions = [.. placements],
        };
        _decidedWhileRecording = decision;
        outbox.Add(new RecordView(_recording));
    }

    private bool MayRollBack(List<PartitionId> lost, TimeSpan now, Outbox outbox)
    {
        _lostSince ??= now;
        var ended = lost.Exists(partition => _view!.Placement(partition).Replicas.All(node => StandingOf(node) == NodeStanding.Gone));
        if (ended || now - _lostSince > options.RollbackAfter)
        {
            return true;
        }

        WaitFor($"a replica of {string.Join(", ", lost)}: all of them are silent", outbox);
        return false;
    }

    private void StartLineage()
    {
        _last = null;
        _again = null;
        _step = 0;
        _evaluations.Clear();
        _evaluatedFinal = false;
        _validationLoss = double.NaN;
    }

    private void Publish(View view, Outbox outbox)
    {
        foreach (var (id, node) in _nodes)
        {
            if (view.IsMember(id))
            {
                outbox.Send(id, new AdoptView(view));
            }
            else if (node.Standing == NodeStanding.Silent)
            {
                // Nothing is sent to it: it finds out when it speaks, and is answered then.
                node.Standing = NodeStanding.Fenced;
            }
        }
    }

    private void OnAdopted(NodeId from, Adopted adopted, TimeSpan now)
    {
        if (_view is { } view && rules.IsCurrent(adopted.Generation, view.Generation) && !_installed && _reports.TryAdd(from, adopted))
        {
            _progress = now;
        }
    }

    private bool TryInstall(View view, TimeSpan now, Outbox outbox)
    {
        if (!view.ReplicaNodes.All(_reports.ContainsKey))
        {
            return false;
        }

        var reports = view.ReplicaNodes.SelectMany(node => _reports[node].Replicas.Select(report => (Node: node, Report: report)))
            .Where(entry => view.Placement(entry.Report.Partition).IsReplica(entry.Node)).ToList();
        var newest = reports.Max(entry => entry.Report.Version);
        var oldest = reports.Min(entry => entry.Report.Version);
        if (newest - oldest > 1)
        {
            throw new ProtocolViolationException($"replicas of one lineage are at versions {oldest} and {newest}");
        }

        var lasts = reports.Select(entry => entry.Report.Last).OfType<Decision>().Append(_last).OfType<Decision>()
            .Where(last => last.Lineage == view.Lineage).ToList();
        if (lasts.GroupBy(last => last.Step).FirstOrDefault(group => group.Select(last => last.Digest).Distinct().Count() > 1) is { } fork)
        {
            throw new ProtocolViolationException($"step {fork.Key} of {view.Lineage} was decided in two ways");
        }

        _step = rules.SendsLastDecisionAgain ? oldest : newest;
        _again = rules.SendsLastDecisionAgain ? lasts.Find(last => last.Step == _step) : null;
        _last = lasts.Find(last => last.Step == _step - 1);
        if (_last is null && _again is null && _step > 0)
        {
            throw new ProtocolViolationException($"no replica of {view.Lineage} knows how step {_step - 1} was decided");
        }

        // Where one replica has applied the step, the others of its set hold the reduced slice: nothing to seal again.
        foreach (var (_, report) in reports.Where(entry => entry.Report.Version > _step))
        {
            _tally.IsPast(report.Partition);
        }

        _installed = true;
        _progress = now;
        _stepBegan = now;
        _stepDisturbed = true;
        _late = null;
        outbox.Add(new ViewInstalled(view, _step));
        DismissUnneeded(view, outbox);
        return true;
    }

    private void DismissUnneeded(View view, Outbox outbox)
    {
        var duties = Duties(view);
        var idle = _nodes.Values.Where(node => node.Standing == NodeStanding.Alive && !duties.Contains(node.Member.Node))
            .OrderBy(node => node.Leaving ? 1 : 0).ThenBy(node => node.Member.Slot).ToList();
        var wanted = Math.Max(0, _targetWorkers + options.Spares - duties.Count);
        foreach (var node in idle.Where((node, index) => node.Leaving || index >= wanted))
        {
            node.Standing = NodeStanding.Gone;
            outbox.Send(node.Member.Node, new Dismiss(view.Generation, node.Leaving ? DismissReason.HandedOver : DismissReason.NotNeeded));
        }
    }

    private void OnSealed(Sealed message)
    {
        if (_view is not { } view || !rules.IsCurrent(message.Generation, view.Generation) || message.Lineage != view.Lineage)
        {
            return;
        }

        foreach (var seal in message.Seals)
        {
            _tally.Add(seal);
        }
    }

    private void OnEvaluated(BatchEvaluated evaluated)
    {
        if (evaluated.Key.Lineage != _view?.Lineage || evaluated.Key.Step < _step)
        {
            return;
        }

        if (!_evaluations.TryGetValue(evaluated.Key, out var batches))
        {
            _evaluations[evaluated.Key] = batches = [];
        }

        batches[evaluated.Batch] = evaluated.Loss;
    }

    private void TryDecide(View view, TimeSpan now, Outbox outbox)
    {
        while (_step < spec.Steps && _recording is null && _tally.IsComplete(_step, spec.Partitions))
        {
            if (_again is { } again)
            {
                _again = null;
                SendDecision(again, now, outbox);
                continue;
            }

            if (!EvaluationIsComplete(outbox))
            {
                return;
            }

            var decision = DecisionMaker.Decide(spec, layout, view.Lineage, _step, _last, _tally.Seals);
            if (_tally.Seals.Any(seal => seal.Previous != decision.Previous))
            {
                throw new ProtocolViolationException($"step {_step} was sealed by partitions of different histories");
            }

            outbox.Add(new StepDecided(decision, view.Generation));
            if (decision.SkipsInRow >= options.MaximumSkipsInRow)
            {
                _over = true;
                outbox.Add(new RunStopped($"{decision.SkipsInRow} steps in a row up to step {decision.Step} had a gradient or loss that is not finite"));
                return;
            }

            if (WantsChange(view))
            {
                Propose(decision, now, outbox);
                if (_recording is not null)
                {
                    return;
                }
            }

            SendDecision(decision, now, outbox);
        }

        if (_step == spec.Steps)
        {
            Finish(view, outbox);
        }
    }

    // Something that can wait for a step bound: a ready node, a joiner in sync, a node that leaves, another target.
    private bool WantsChange(View view)
    {
        var workers = ChooseWorkers();
        return _inSync.Count > 0
            || !workers.SequenceEqual(view.Workers)
            || _nodes.Values.Any(node => node.Standing == NodeStanding.Alive && !view.IsMember(node.Member.Node));
    }

    private void SendDecision(Decision decision, TimeSpan now, Outbox outbox)
    {
        foreach (var member in _view!.Members)
        {
            outbox.Send(member.Node, new Decide(_view.Generation, decision));
        }

        if (!_stepDisturbed && !EvaluationPlan.IsDue(decision.Step, spec))
        {
            _pace.Took(now - _stepBegan);
        }

        _stepBegan = now;
        _stepDisturbed = false;
        _late = null;
        _last = decision;
        _step = decision.Step + 1;
        _tally.Next(_step);
        foreach (var key in _evaluations.Keys.Where(key => key.Step < _step).ToList())
        {
            _evaluations.Remove(key);
        }

        _progress = now;
    }

    private bool EvaluationIsComplete(Outbox outbox)
    {
        if (!EvaluationPlan.IsDue(_step, spec) || spec.Evaluation.Batches == 0)
        {
            return true;
        }

        var key = new StepKey(_view!.Lineage, _step, _last?.Digest ?? DecisionDigest.Genesis(_view.Lineage));
        if (!_evaluations.TryGetValue(key, out var batches) || batches.Count < spec.Evaluation.Batches)
        {
            return false;
        }

        _validationLoss = batches.Values.Sum() / batches.Count;
        outbox.Add(new Evaluated(_step, _validationLoss));
        return true;
    }

    private void Finish(View view, Outbox outbox)
    {
        if (_evaluatedFinal || !EvaluationIsComplete(outbox))
        {
            return;
        }

        _evaluatedFinal = true;
        AskForExport(view, outbox);
    }

    private void AskForExport(View view, Outbox outbox) =>
        outbox.Send(view.Workers[0], new ExportWeights(view.Generation, view.Lineage, spec.Steps));

    private void OnExported(WeightsExported exported, Outbox outbox)
    {
        if (_over || exported.Lineage != _view?.Lineage || exported.Version != spec.Steps)
        {
            return;
        }

        _over = true;
        outbox.Add(new RunFinished(exported.Sha256, _validationLoss));
        foreach (var (id, node) in _nodes)
        {
            if (node.Standing == NodeStanding.Alive)
            {
                outbox.Send(id, new Dismiss(_newest, DismissReason.Finished));
            }
        }
    }

    private void SendView(NodeId node, Generation own, Outbox outbox)
    {
        if (_view is not { } view || own >= view.Generation)
        {
            return;
        }

        if (view.IsMember(node))
        {
            outbox.Send(node, new AdoptView(view));
        }
    }

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
