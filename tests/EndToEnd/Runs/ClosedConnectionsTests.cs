using AtomGrains.Core.Membership;
using AtomGrains.Local;
using AtomGrains.Node.Storage;

namespace AtomGrains.EndToEnd.Tests.Runs;

public sealed class ClosedConnectionsTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(7);

    private readonly ClosedConnections _closed = new();

    [Fact]
    public void ANodeWhoseProcessHasEndedIsDueAtOnce()
    {
        // Of another start: what had this id has ended, and the id is another's.
        var node = Node(ProcessIdentity.Self with { Start = "before" });
        _closed.Add(node, Moment);
        Assert.Same(node, Assert.Single(_closed.TakeDue(Moment)));
    }

    [Fact]
    public void ANodeWhoseProcessLivesIsDueOnceWhenTheTimeForItsEndIsOver()
    {
        var node = Node(ProcessIdentity.Self);
        _closed.Add(node, Moment);
        Assert.Empty(_closed.TakeDue(Moment + ClosedConnections.ExitFollowsWithin - TimeSpan.FromMilliseconds(1)));
        Assert.Same(node, Assert.Single(_closed.TakeDue(Moment + ClosedConnections.ExitFollowsWithin)));
        Assert.Empty(_closed.TakeDue(Moment + 2 * ClosedConnections.ExitFollowsWithin));
    }

    [Fact]
    public void OfWhomItIsKnownNothingIsDue()
    {
        var node = Node(ProcessIdentity.Self);
        _closed.Add(node, Moment);
        Assert.True(_closed.Remove(node));
        Assert.False(_closed.Remove(node));
        Assert.Empty(_closed.TakeDue(Moment + 2 * ClosedConnections.ExitFollowsWithin));
    }

    private static NodeHandle Node(ProcessIdentity process) => new(new NodeId(1), 0, null, process, DateTimeOffset.UtcNow);
}
