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

/// <summary>How views come about: who takes part, what is proposed, recorded, published and installed (PROTOCOL R1, R3, R5).</summary>
public sealed partial class Coordinator
{
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
        if (Duties(view).All(_nodes.ContainsKey))
        {
            Propose(null, now, outbox);
        }
        else if (now - _firstReady > options.TakeOverGrace)
        {
            foreach (var member in view.Members.Where(member => !_nodes.ContainsKey(member.Node)))
            {
                // As with any silence: who speaks before a view leaves it out is alive again.
                _nodes.Add(member.Node, new NodeRecord(member, new FailureDetector(options.Heartbeat, now)) { Standing = NodeStanding.Silent });
                outbox.Add(new MemberLost(member.Node, LossCause.Silent, Step, view.Generation));
            }

            Propose(null, now, outbox);
        }
        else
        {
            WaitFor("the nodes of the run to report", outbox);
        }
    }

    // Who shall own lanes: those who do now come first, then the lowest slots. One who leaves only if nobody else is there.
    private List<NodeId> ChooseWorkers()
    {
        var working = _view?.Workers.ToHashSet() ?? [];
        var alive = _nodes.Values.Where(node => node.CanWork).ToList();
        return [.. (alive.Exists(node => !node.Leaving) ? alive.Where(node => !node.Leaving) : alive)
            .OrderBy(node => working.Contains(node.Member.Node) ? 0 : 1)
            .ThenBy(node => node.Member.Slot)
            .ThenBy(node => node.Member.Node)
            .Take(Math.Min(_targetWorkers + (_undecided is null ? 0 : 1), spec.Lanes))
            .Select(node => node.Member.Node)
            .Order()];
    }

    /// <summary>Proposes the next view, or waits. <paramref name="decision"/> goes out first, under the old generation.</summary>
    private void Propose(Decision? decision, TimeSpan now, Outbox outbox)
    {
        var workers = ChooseWorkers();
        if (workers.Count == 0)
        {
            if (_stopping is not null)
            {
                StopNow(outbox);
                return;
            }

            WaitFor("a living worker", outbox);
            return;
        }

        var generation = rules.NextGeneration(_newest);
        var alive = _nodes.Values.Where(node => node.Standing == NodeStanding.Alive).ToList();
        var letGo = LetGo(now);
        var leaving = alive.Where(node => !node.IsRetired).Select(node => node.Member.Node).Except(workers).Except(letGo).ToHashSet();
        var retired = alive.Where(node => node.IsRetired).Select(node => node.Member.Node).Concat(letGo).ToHashSet();
        PartitionPlacement[]? placements;
        Lineage lineage;
        LineageOrigin? from;
        if (_view is null)
        {
            placements = PartitionAssigner.Initial(workers, spec.Partitions, HostOf, options.Replicas);
            lineage = new Lineage(generation);
            from = origin;
        }
        else
        {
            (lineage, from) = (_view.Lineage, _view.Origin);
            (placements, var lost) = PartitionAssigner.Reassign(_view.Partitions, workers, leaving, retired, _inSync, rules, HostOf, options.Replicas);
            if (_mistrusted is { } partition)
            {
                (placements, lost) = (null, [partition]);
            }
            else if (_backTo is not null)
            {
                (placements, lost) = (null, []);
            }

            if (placements is null && _stopping is not null)
            {
                StopNow(outbox);
                return;
            }

            if (placements is null)
            {
                if ((_mistrusted is null && _backTo is null && !MayRollBack(lost, now, outbox)) || !KnowsWhereTo(outbox))
                {
                    return;
                }

                (lineage, from) = (new Lineage(generation), _found?.Origin);
                placements = PartitionAssigner.Initial(workers, spec.Partitions, HostOf, options.Replicas);
                outbox.Add(new RolledBack(lineage, Math.Max(0, Step - (from?.Checkpoint.Step ?? 0)), lost, from));
            }
        }

        WaitFor(null, outbox);
        var next = lineage != _view?.Lineage ? from?.Checkpoint.Step ?? 0 : decision is null ? _step : decision.Step + 1;
        var (owners, held) = DealLanes(workers, next, now);
        if (held.Count > 0 && _stopping is null)
        {
            WaitFor($"a worker that can be lost, for {LaneNames.Of(spec, next, held)}: {(held.Count == 1 ? "it has" : "they have")} ended others", outbox);
        }

        _recording = new View
        {
            Generation = generation,
            Lineage = lineage,
            Origin = from,
            Members = [.. alive.Select(node => node.Member)],
            LaneOwners = [.. owners],
            HeldLanes = [.. held],
            Deaths = [.. Deaths.Where(death => death.Step >= next)],
            Partitions = [.. placements],
            Shards = [.. LaneAssigner.Assign(_view?.Shards is { } leased && leased.Length == _shards.Count ? leased : null, workers, _shards.Count)],
            AuditShare = AuditShareOf(lineage),
            Quarantined = [.. _quarantines],
            Trusted = [.. _audits.TrustedWith(workers.Select(worker => _nodes[worker].Member.Slot), next)],
        };
        _decidedWhileRecording = decision;
        outbox.Add(new RecordView(_recording));
    }

    private string HostOf(NodeId node) => _nodes[node].Member.Host;

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

    private void StartLineage(View view)
    {
        _last = null;
        _again = null;
        _step = view.Origin?.Checkpoint.Step ?? 0;
        _known = 0;
        _proven = -1;
        _checkpoints.Clear();
        _unsealed.Clear();
        _asked = null;
        _evaluations.Clear();
        _notFinite.Clear();
        _skips.Clear();
        _evaluated = null;
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
        _known = 0;
        _again = rules.SendsLastDecisionAgain && rules.RollsForward ? lasts.Find(last => last.Step == _step) : null;
        _last = lasts.Find(last => last.Step == _step - 1);
        if (_last is null && _again is null && _step > (view.Origin?.Checkpoint.Step ?? 0))
        {
            throw new ProtocolViolationException($"no replica of {view.Lineage} knows how step {_step - 1} was decided");
        }

        // Where one replica has applied the step, the others of its set hold the reduced slice: nothing to seal again.
        foreach (var (_, report) in reports.Where(entry => entry.Report.Version > _step))
        {
            _tally.IsPast(report.Partition);
        }

        if (!_recalled && rules.CompletesTheRecord && (_again ?? _last) is { } recalled)
        {
            outbox.Add(new DecisionRecalled(recalled, view.Generation));
        }

        _recalled = true;
        _installed = true;
        _progress = now;
        _stepBegan = now;
        _stepDisturbed = true;
        _late = null;
        outbox.Add(new ViewInstalled(view, _step));
        AuditsInstalled(view, outbox);
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
            var reason = node.IsRetired ? DismissReason.Fenced : node.Leaving ? DismissReason.HandedOver : DismissReason.NotNeeded;
            outbox.Send(node.Member.Node, new Dismiss(view.Generation, reason));
        }
    }

    // A notice has an end, and a step bound may be further away: what somebody else can take goes to them at once.
    private bool MustHandOver(View view, TimeSpan now)
    {
        var late = _nodes.Values.Where(node => node.Standing == NodeStanding.Alive && now - node.LeavingSince > options.HandOverAfter)
            .Select(node => node.Member.Node).ToHashSet();
        return late.Count > 0
            && _nodes.Values.Any(node => node.CanWork && !node.Leaving)
            && (view.LaneOwners.Any(late.Contains)
                || _inSync.Any(partition => view.Placement(partition).Replicas.Any(late.Contains))
                || HaveCopiesToSpare(LetGo(now), view));
    }

    private bool HaveCopiesToSpare(HashSet<NodeId> nodes, View view) => Enumerable.Range(0, spec.Partitions).Select(i => new PartitionId(i))
        .Any(partition => view.Placement(partition).Replicas.Any(nodes.Contains) && LivingCopies(view, partition).Count() > 1);

    // Who leaves and waits in vain for somebody to take its copies. They are worth having until then: whoever comes may be
    // given them while there still are two.
    private HashSet<NodeId> LetGo(TimeSpan now) => _nodes.Values.Any(node => node.CanWork && !node.Leaving)
        ? [.. _nodes.Values.Where(node => node.CanWork && now - node.LeavingSince > options.LetGoAfter && !IsAwaited(node.Member.Node)).Select(node => node.Member.Node)]
        : [];

    private bool IsAwaited(NodeId leaver) => _view?.Partitions.Any(placement => placement.IsReplica(leaver) && placement.Joiner is { } joiner && IsAlive(joiner)) == true;

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

    // Something that can wait for a step bound: a ready node, a joiner in sync, a node that leaves, another target.
    private bool WantsChange(View view)
    {
        var workers = ChooseWorkers();
        return _inSync.Count > 0
            || DealsAnew(view)
            || (workers.Count > 0 && !workers.SequenceEqual(view.Workers))
            || _nodes.Values.Any(node => node.Standing == NodeStanding.Alive && !view.IsMember(node.Member.Node));
    }
}
