namespace AtomGrains.Core.Membership;

/// <summary>
/// Which two nodes may hold the copies of one partition: those on different hosts, or any two of a single host; none where
/// a partition is to have one copy.
/// </summary>
internal sealed class HostRule
{
    private readonly Func<NodeId, string>? _hostOf;

    /// <param name="nodes">Nodes that may hold replicas.</param>
    /// <param name="replicates">Whether a partition has a backup.</param>
    public HostRule(IReadOnlyList<NodeId> nodes, Func<NodeId, string>? hostOf, bool replicates)
    {
        Replicates = replicates;
        _hostOf = hostOf is not null && nodes.Select(hostOf).Distinct().Count() > 1 ? hostOf : null;
    }

    public bool Replicates { get; }

    public bool Allows(NodeId one, NodeId other) => Replicates && (_hostOf is null || _hostOf(one) != _hostOf(other));
}
