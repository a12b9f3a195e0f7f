using AtomGrains.Core.Membership;

namespace AtomGrains.Core.Protocol.Audits;

/// <summary>
/// Who computes an audited lane: its owner, its auditor, and after them those who decide between the two, each on a device of
/// its own. A pure function of the view, the step and the lane, so that everybody who has the view knows it, and a death only
/// moves it on.
/// </summary>
public static class AuditRoster
{
    /// <summary>Workers that compute an audited lane unasked.</summary>
    public const int Usual = 2;

    /// <summary>Whether nobody of a view can audit anybody.</summary>
    public static bool IsAlone(View view) => Devices(view) < Usual;

    /// <summary>How many devices have to agree: one where there is no other, or where the lane has ended somebody and must not end a second worker for the sake of an audit.</summary>
    public static int Needed(View view, long step, int lane) => view.IsSuspect(step, lane) ? 1 : Math.Min(Usual, Devices(view));

    /// <summary>
    /// The owner, then a worker for each other device. Those of other hosts come before those of the owner's own. The lane and
    /// the step say with whom it begins, so that in one step each audits as many as any other, and over the steps each audits each.
    /// </summary>
    public static IReadOnlyList<NodeId> Of(View view, long step, int lane)
    {
        var owner = MemberOf(view, view.LaneOwners[lane]);

        // A worker that was taken for silent and its replacement may be there at once: one device.
        var others = view.Workers.Select(worker => MemberOf(view, worker)).Where(worker => worker.Slot != owner.Slot).DistinctBy(worker => worker.Slot).ToList();
        var (far, near) = (others.FindAll(worker => worker.Host != owner.Host), others.FindAll(worker => worker.Host == owner.Host));
        return [owner.Node, .. From(far, step + lane), .. From(near, step + lane)];
    }

    /// <summary>Who audits a lane; null where nobody can.</summary>
    public static NodeId? AuditorOf(View view, long step, int lane) => Needed(view, step, lane) == Usual ? Of(view, step, lane)[1] : null;

    private static int Devices(View view) => view.Workers.Select(worker => MemberOf(view, worker).Slot).Distinct().Count();

    private static IEnumerable<NodeId> From(List<Member> workers, long first)
    {
        var at = workers.Count == 0 ? 0 : (int)(first % workers.Count);
        return workers.Skip(at).Concat(workers.Take(at)).Select(worker => worker.Node);
    }

    private static Member MemberOf(View view, NodeId node) => view.Members.First(member => member.Node == node);
}
