namespace AtomGrains.Core.Membership;

/// <summary>
/// Deals lanes to workers, and shards: counts differ by at most one, and no lane moves that need not. Those who hold most
/// keep the odd lanes.
/// </summary>
public static class LaneAssigner
{
    public static NodeId[] Assign(IReadOnlyList<NodeId>? previous, IReadOnlyList<NodeId> workers, int lanes)
    {
        if (workers.Count == 0)
        {
            throw new ArgumentException("at least one worker is needed", nameof(workers));
        }

        var held = workers.ToDictionary(worker => worker, _ => new List<int>());
        var orphans = new List<int>();
        for (var lane = 0; lane < lanes; lane++)
        {
            (previous is not null && held.TryGetValue(previous[lane], out var own) ? own : orphans).Add(lane);
        }

        var quota = Quotas(held, workers, lanes);
        foreach (var worker in workers)
        {
            // The highest lanes go, so that what stays is one aligned run as far as possible.
            for (var own = held[worker]; own.Count > quota[worker]; own.RemoveAt(own.Count - 1))
            {
                orphans.Add(own[^1]);
            }
        }

        orphans.Sort();
        var next = 0;
        foreach (var worker in workers)
        {
            for (var own = held[worker]; own.Count < quota[worker]; next++)
            {
                own.Add(orphans[next]);
            }
        }

        var owners = new NodeId[lanes];
        foreach (var (worker, own) in held)
        {
            own.ForEach(lane => owners[lane] = worker);
        }

        return owners;
    }

    private static Dictionary<NodeId, int> Quotas(Dictionary<NodeId, List<int>> held, IReadOnlyList<NodeId> workers, int lanes)
    {
        var (each, odd) = (lanes / workers.Count, lanes % workers.Count);
        var rank = 0;
        return workers.OrderByDescending(worker => held[worker].Count).ThenBy(worker => worker)
            .ToDictionary(worker => worker, _ => each + (rank++ < odd ? 1 : 0));
    }
}
