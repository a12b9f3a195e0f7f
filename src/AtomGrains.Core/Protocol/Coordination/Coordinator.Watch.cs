using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Workers;

namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>How the run goes on without a node that is alive and does not get on.</summary>
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
        // Where all is sealed, who lacks parameters waits for this very decision; after the last step no lane is to come.
        var onlyEvaluates = _step == spec.Steps || _tally.IsComplete(_step, spec.Partitions);
        return onlyEvaluates ? LateEvaluator(view) : late.Blamed(view);
    }

    // Nobody waits for anybody else, but the run does: for a batch that its owner was to evaluate, or for the weights.
    private NodeId? LateEvaluator(View view)
    {
        if (_evaluatedFinal)
        {
            return view.Workers[0];
        }

        var done = _evaluations.GetValueOrDefault(EvaluationKey(view))?.Keys.ToHashSet() ?? [];
        return view.Workers.Where(worker => EvaluationPlan.BatchesOf(worker, view, spec).Any(batch => !done.Contains(batch)))
            .Select(worker => (NodeId?)worker).FirstOrDefault();
    }

    private void GoOnWithout(NodeId id, Outbox outbox)
    {
        if (IsAlive(id) && CanDoWithout(id))
        {
            // It may well be alive, and say so: it has to start anew all the same.
            _nodes[id].Standing = NodeStanding.Fenced;
            outbox.Add(new MemberLost(id, LossCause.Hung, _step, _view!.Generation));
        }
    }

    // Steps are lost with the only copy of a partition: however late that node is, it is worth waiting for.
    private bool CanDoWithout(NodeId node) =>
        _nodes.Values.Any(other => other.Member.Node != node && other.Standing == NodeStanding.Alive)
        && Enumerable.Range(0, spec.Partitions).Select(i => new PartitionId(i)).All(partition =>
            rules.Candidates(partition, _view!.Placement(partition), _inSync.Contains(partition)).Any(other => other != node && IsAlive(other)));
}
