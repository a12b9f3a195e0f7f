using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Core.Protocol.Partitions;

/// <summary>
/// How a primary compares audited lanes (PROTOCOL R7). A step is reduced when each of them is agreed on and nobody is accused;
/// what was reduced before stays, as a sealed slice does.
/// </summary>
public sealed partial class PartitionReplica
{
    private bool Collects => Role == PartitionRole.Primary && !IsLoading && _state.Reduced is null && _state.Version is { } version && version != _context.Steps;

    /// <summary>Workers whose leaves of audited lanes the step at hand waits for.</summary>
    public IEnumerable<NodeId> AwaitedAuditors => Collects ? OpenAudits.SelectMany(lane => _audits.Awaited(_view, _state.Key.Step, lane)).Distinct() : [];

    // A lane that nobody computes for now is waited for from nobody.
    private IEnumerable<int> OpenAudits => Enumerable.Range(0, _context.Lanes).Where(lane => IsAudited(TreeNode.Leaf(lane)) && !_view.HeldLanes.Contains(lane));

    private bool IsAudited(TreeNode node) => _audits.IsAudited(_view, _state.Key.Step, node);

    private bool IsOpenAudit(TreeNode node) => node.Level == 0 && _audits.Open.Contains(node.Index);

    private void Stage(Push push, Outbox outbox)
    {
        if (!_context.Rules.Keeps(push.By, _view))
        {
            _context.Counters.Count(Refusal.NotTrusted);
            return;
        }

        if (!IsAudited(push.Node))
        {
            var dropped = _staging.Dropped;
            _staging.Offer(push.Node, push.Slice.Span, push.Loss, push.By);
            _context.Counters.DuplicatePushes += _staging.Dropped - dropped;
        }
        else if (push.Node.Level > 0)
        {
            throw new ProtocolViolationException($"{push.By} pushed {push.Node} of step {push.Key.Step} as one sum, though some of it is audited");
        }
        else if (_audits.TryAdd(_view, push))
        {
            Settle(push.Node.Index, outbox);
        }
        else
        {
            _context.Counters.DuplicatePushes++;
        }
    }

    private void Settle(int lane, Outbox outbox)
    {
        _audits.TakeIfAgreed(_view, _state.Key.Step, lane, (slice, loss) => _staging.Offer(TreeNode.Leaf(lane), slice, loss));
        if (_audits.IsDisputed(lane))
        {
            // Who computes it unasked is on the way; who decides is not.
            foreach (var worker in _audits.Awaited(_view, _state.Key.Step, lane))
            {
                AskForLane(worker, lane, outbox);
            }
        }

        ReportDisputes(outbox, lane);
    }

    private void AdoptAudits(Outbox outbox)
    {
        if (!Collects)
        {
            return;
        }

        _staging.RemoveOf(node => !_context.Rules.Keeps(node, _view));
        _audits.Adopt(_view).ForEach(lane => _staging.Take(TreeNode.Leaf(lane)));
        _audits.Open.ToList().ForEach(lane => Settle(lane, outbox));
        ReportDisputes(outbox);
        TryReduce(outbox);
    }

    private void ReportDisputes(Outbox outbox, int? only = null)
    {
        foreach (var (lane, votes) in _audits.Reports(_view, _state.Key.Step).Where(report => only is null || report.Lane == only))
        {
            outbox.Report(new LaneDisputed(_view.Generation, _range.Id, _state.Key, lane, votes));
        }
    }

    // Whatever may have been lost on the way.
    private void AskForAudits(Outbox outbox)
    {
        foreach (var lane in OpenAudits)
        {
            foreach (var worker in _audits.Awaited(_view, _state.Key.Step, lane))
            {
                AskForLane(worker, lane, outbox);
            }
        }

        ReportDisputes(outbox);
    }

    private void AskForLane(NodeId worker, int lane, Outbox outbox) =>
        outbox.Send(worker, new Want(_range.Id, _view.Generation, _state.Key, [TreeNode.Leaf(lane)]));

    private void ClearStaging()
    {
        _staging.Clear();
        _audits.Clear();
    }
}
