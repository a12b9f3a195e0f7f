using AtomGrains.Core.Data;
using AtomGrains.Core.Protocol.Audits;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Core.Protocol.Workers;

/// <summary>
/// Lanes of others that this worker computes as well, to be compared (PROTOCOL R7). An audited lane is pushed as a leaf by
/// everybody who computes it, its owner included, and stays with its owner: a lane that changed hands would be computed once.
/// </summary>
public sealed partial class Worker
{
    // Others' lanes that this worker was asked to decide on.
    private readonly HashSet<int> _asked = [];

    // After its own: a step is waited for by everybody, and who audits has time when its own are done.
    private IEnumerable<int> LanesToAudit =>
        _view is not { AuditShare: > 0 } view || _computed is not { } key ? []
        : Enumerable.Range(0, spec.Lanes).Where(lane => IsAudited(lane) && (_asked.Contains(lane) || AuditRoster.AuditorOf(view, key.Step, lane) == self));

    private bool IsAudited(int lane) => _computed is { } key && new AuditPlan(spec.Seed, _view!.AuditShare).IsAudited(key.Step, lane);

    private void TakeAsked(Want want, Outbox outbox)
    {
        var asked = want.Nodes.Where(node => node.Level == 0 && node.Index < spec.Lanes && IsAudited(node.Index) && _view!.LaneOwners[node.Index] != self)
            .Select(node => node.Index).ToList();
        if (!_asked.IsSupersetOf(asked))
        {
            _asked.UnionWith(asked);
            Retarget(outbox);
        }
    }
}
