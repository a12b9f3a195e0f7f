using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Tests.Transport;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Workers;

namespace AtomGrains.Node.Tests.Workers;

public sealed class PeerLinksTests
{
    private static readonly NodeId Listener = new(Pair.ListenerNode);
    private static readonly Pull Message = new(new PartitionId(0), new Generation(1), new Lineage(new Generation(1)), 0);

    [Fact]
    public async Task WhatIsForANodeThatTheViewDoesNotNameIsCountedAndGoesNowhere()
    {
        using var pair = new Pair();
        using var links = new PeerLinks(pair.Identity(2), pair.Options, pair.OutCounters, pair.Out);
        links.Send(Listener, Message);
        Assert.Equal(1, pair.OutCounters.Drops(SendOutcome.UnknownPeer));

        links.Adopt(ViewOf(new Member(Listener, 0, pair.Listener.Endpoint.ToString())));
        links.Send(Listener, Message);
        (await pair.In.Next<RecordedEvents.Frame>()).Payload.Dispose();
        Assert.Equal(1, pair.OutCounters.Drops(SendOutcome.UnknownPeer));

        links.Adopt(ViewOf());
        links.Send(Listener, Message);
        Assert.Equal(2, pair.OutCounters.Drops(SendOutcome.UnknownPeer));
    }

    private static View ViewOf(params Member[] members) => new()
    {
        Generation = new Generation(1),
        Lineage = new Lineage(new Generation(1)),
        Members = [.. members],
        LaneOwners = [],
        Partitions = [],
    };
}
