using System.Numerics;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Core.Protocol.Workers;

/// <summary>Lanes that an idle worker takes from one that is slower in the step at hand.</summary>
public sealed partial class Worker
{
    private bool IsIdle => _computed is not null && !_decided && !_loading && _assembling is null && _computing.Count == 0 && _evaluating.Count == 0;

    // Lanes that this worker's partial sums are to cover: its own, less what it handed over, what it took, and what it audits.
    private IEnumerable<int> LanesToSum => _view!.LanesOf(self).Where(lane => !_exchange.HandedOver.Contains(lane)).Union(_exchange.Taken).Union(LanesToAudit);

    private void AskForLane(Outbox outbox)
    {
        if (IsIdle && TakesPart && _computed!.Value.Step < spec.Steps && _exchange.Ask(_view!, _computed.Value.Step) is { } other)
        {
            outbox.Send(other, new LaneAsked(_view!.Generation, _computed.Value));
        }
    }

    private void OnLaneAsked(NodeId from, LaneAsked asked, Outbox outbox)
    {
        var lanes = asked.Key == _computed && !_decided && _view!.Workers.Contains(from) ? SpareLanes() : [];
        outbox.Send(from, new LanesHandedOver(asked.Generation, asked.Key, lanes));
        if (lanes.Count > 0)
        {
            _exchange.HandOver(lanes, from);
            Retarget(outbox);
            Compute(asked.Key, outbox);
        }
    }

    private void OnLanesHandedOver(LanesHandedOver given, Outbox outbox)
    {
        if (given.Key != _computed || _decided || given.Lanes.Any(lane => lane < 0 || lane >= spec.Lanes))
        {
            return;
        }

        _exchange.Answered(given.Lanes);
        Retarget(outbox);
        Compute(given.Key, outbox);
        AskForLane(outbox);
    }

    // The first of the own lanes to be computed may have been begun; the last is begun last. At most half of them go, and as
    // one subtree: each gap that single lanes would leave in this worker's sums is another push of the whole vector.
    private List<int> SpareLanes()
    {
        // What has ended others stays with whom it was given to.
        var step = _computed!.Value.Step;
        var own = _view!.LanesOf(self).Where(lane => _computing.Contains(lane) && !_view.IsSuspect(step, lane) && !IsAudited(lane)).ToList();
        for (var count = (int)BitOperations.RoundUpToPowerOf2((uint)own.Count + 1) / 4; count > 0; count /= 2)
        {
            var last = own[^count..];
            if (last[0] % count == 0 && last[^1] == last[0] + count - 1)
            {
                return last;
            }
        }

        return [];
    }

    // Whoever took them has not pushed them for long, and this worker has nothing better to do.
    private void TakeBackLost(Want want, Outbox outbox)
    {
        var lost = IsIdle ? _exchange.HandedOver.Where(lane => want.Nodes.Any(node => node.CoversLane(lane))).ToList() : [];
        lost.ForEach(lane => _exchange.TakeBack(lane));
        if (lost.Count > 0)
        {
            Retarget(outbox);
        }
    }

    private void Retarget(Outbox outbox)
    {
        foreach (var partial in _lanes.Target(LanesToSum, IsAudited))
        {
            Push(partial, outbox);
        }

        ReportNotFinite(_computed!.Value, outbox);
    }
}
