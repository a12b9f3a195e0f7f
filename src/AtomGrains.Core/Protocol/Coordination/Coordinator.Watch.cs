using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Workers;

namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>
/// How the run goes on without a node that is alive and does not get on, or that another one cannot reach. It is fenced;
/// where it holds the only copy of a partition it is retired: it works no more and serves until that copy is elsewhere.
/// </summary>
public sealed partial class Coordinator
{
    // A step past its deadline: ask, give time to answer, then go on without the one that is waited for.
    private void WatchStep(TimeSpan now, Outbox outbox)
    {
        if (_over || !_installed || _recording is not null)
        {
            return;
        }

        if (_late is null && now - _stepBegan > Deadline(_view!))
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
            if (Blamed(late, _view!) is { } blamed)
            {
                GoOnWithout(blamed, outbox);
            }
        }
    }

    // An evaluation has a step's time for each batch of one worker, and one more, since its parameters may have to be pulled.
    private TimeSpan Deadline(View view)
    {
        var batches = (spec.Evaluation.Batches + view.Workers.Count - 1) / view.Workers.Count;
        return _pace.Deadline * (EvaluationPlan.IsDue(_step, spec) ? 2 + batches : 1);
    }

    private NodeId? Blamed(LateStep late, View view)
    {
        if (_undecided is not null)
        {
            // Everybody waits for somebody who is not there.
            return null;
        }

        // Where all is sealed, who lacks parameters waits for this very decision; after the last step no lane is to come.
        var onlyEvaluates = _step == spec.Steps || _tally.IsComplete(_step, spec.Partitions);
        return onlyEvaluates ? LateEvaluator(view) : late.Blamed(view, IsRetired, CanDoWithout);
    }

    // Nobody waits for anybody else, but the run does: for a batch that its owner was to evaluate, for proof, or for the weights.
    private NodeId? LateEvaluator(View view)
    {
        if (_evaluatedFinal)
        {
            return view.Workers[0];
        }

        var done = _evaluations.GetValueOrDefault(EvaluationKey(view))?.Keys.ToHashSet() ?? [];
        return view.Workers.Where(worker => EvaluationPlan.BatchesOf(worker, view, spec).Any(batch => !done.Contains(batch)))
            .Select(worker => (NodeId?)worker).FirstOrDefault() ?? LatePrimary(view);
    }

    // All is evaluated, and a primary does not prove the last parameters.
    private NodeId? LatePrimary(View view) => Enumerable.Range(0, spec.Partitions).Select(i => new PartitionId(i))
        .Where(partition => !_tally.Holds(_step, partition)).Select(partition => (NodeId?)view.Placement(partition).Primary).FirstOrDefault();

    private void GoOnWithout(NodeId id, Outbox outbox)
    {
        if (!IsAlive(id) || IsRetired(id))
        {
            return;
        }

        if (CanDoWithout(id))
        {
            // It may well be alive, and say so: it has to start anew all the same.
            _nodes[id].Standing = NodeStanding.Fenced;
        }
        else
        {
            _nodes[id].Retire();
        }

        outbox.Add(new MemberLost(id, LossCause.Hung, _step, _view!.Generation));
    }

    // Steps are lost with the only copy of a partition: however late that node is, its copy is worth having.
    private bool CanDoWithout(NodeId node) =>
        _nodes.Values.Any(other => other.Member.Node != node && other.CanWork)
        && Enumerable.Range(0, spec.Partitions).Select(i => new PartitionId(i))
            .All(partition => LivingCopies(_view!, partition).Any(other => other != node));

    private IEnumerable<NodeId> LivingCopies(View view, PartitionId partition) =>
        rules.Candidates(partition, view.Placement(partition), _inSync.Contains(partition)).Where(IsAlive);

    // A retired node has a duty that another one can take at once. The step may be waiting for it, so no step bound would
    // come; the copies that have nowhere else to live stay.
    private bool HoldsUpTheRun(View view) =>
        _nodes.Values.Any(node => node.IsRetired)
        && _nodes.Values.Any(node => node.CanWork)
        && (view.LaneOwners.Any(IsRetired)
            || Enumerable.Range(0, spec.Partitions).Select(i => new PartitionId(i))
                .Any(partition => view.Placement(partition).Replicas.Any(IsRetired) && LivingCopies(view, partition).Count() > 1));

    private bool IsRetired(NodeId node) => _nodes.TryGetValue(node, out var record) && record.IsRetired;
}
