using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Grains.Wire;

namespace AtomGrains.Grains.Runs;

/// <summary>The places of a run's nodes, as far as its coordinator's host knows them, and how they were given.</summary>
internal sealed class Seats(NodeNumbers numbers, Coordinator coordinator)
{
    private readonly Dictionary<NodeId, Seat> _seats = [];

    /// <summary>How many nodes there ever were.</summary>
    public int Given => numbers.Given;

    /// <summary>Those that live or are starting.</summary>
    public IEnumerable<KeyValuePair<NodeId, Seat>> Living => _seats.Where(seat => coordinator.Counts(seat.Key));

    /// <summary>Those that have spoken and are not lost.</summary>
    public IReadOnlyList<NodeId> Alive => [.. _seats.Keys.Where(node => coordinator.StandingOf(node) == NodeStanding.Alive)];

    /// <summary>Where nodes live, as far as it is known.</summary>
    public IReadOnlyList<NodeSilo> Silos => [.. _seats.Where(seat => seat.Value.Silo is not null).Select(seat => new NodeSilo(seat.Key.Value, seat.Value.Silo!))];

    public Seat? Of(NodeId node) => _seats.GetValueOrDefault(node);

    public IReadOnlyList<NodeId> On(string silo) => [.. _seats.Where(seat => seat.Value.Silo == silo).Select(seat => seat.Key)];

    /// <summary>The worker's number.</summary>
    public int SlotOf(NodeId node) =>
        Of(node)?.Slot ?? coordinator.View?.Members.FirstOrDefault(member => member.Node == node)?.Slot ?? 0;

    /// <summary>Which device of the set of silos a node had; null for one that was given elsewhere.</summary>
    public int? OrdinalOf(NodeId node) => numbers.OrdinalOf(node);

    /// <summary>The silo that a node was given to; null for one that was given elsewhere.</summary>
    public string? SiloOf(NodeId node) => numbers.SiloOf(node);

    /// <summary>A new node, on the device that is offered.</summary>
    public (NodeId Node, Seat Seat) Give(DeviceOffer offer, int slot, TimeSpan now)
    {
        var node = numbers.Take(offer.Silo, offer.Child, offer.Ordinal);
        return (node, _seats[node] = new Seat(slot, offer.Silo, now, offer.Child));
    }

    /// <summary>A node says that it is ready.</summary>
    /// <param name="silo">Where it says so.</param>
    public void Take(NodeId node, NodeReady ready, string? silo, TimeSpan now) =>
        _seats[node] = (Of(node) ?? Recalled(node, ready, now) ?? new Seat(ready.Slot, silo, now)) with { IsTaken = true };

    /// <summary>A node is over. One that never spoke leaves nothing to remember.</summary>
    public void Ended(NodeId node)
    {
        if (Of(node) is { IsTaken: false })
        {
            _seats.Remove(node);
        }
    }

    /// <summary>Nodes of the predecessor's view may have died with their silo before they could say a word to this coordinator.</summary>
    public void Recall(View view, TimeSpan now)
    {
        foreach (var (node, seat) in numbers.Recall(view.Members, now))
        {
            _seats[node] = seat with { IsTaken = true };
        }
    }

    private Seat? Recalled(NodeId node, NodeReady ready, TimeSpan now) =>
        numbers.Recall([new Member(node, ready.Slot, ready.Address, ready.Host)], now).Select(entry => entry.Seat).FirstOrDefault();
}
