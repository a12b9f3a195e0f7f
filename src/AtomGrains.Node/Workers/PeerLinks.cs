using System.Net;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Workers;

/// <summary>The links of one node to the others of its view, made as the view names them and closed when it no longer does.</summary>
internal sealed class PeerLinks(TransportIdentity identity, TransportOptions options, TransportCounters counters, ITensorEvents events) : IDisposable
{
    private readonly Dictionary<NodeId, TensorPeer> _peers = [];
    private readonly Dictionary<NodeId, IPEndPoint> _addresses = [];
    private readonly TensorPool _copies = new(options.SendPoolBytes);
    private readonly MemoryStream _header = new();

    public void Adopt(View view)
    {
        _addresses.Clear();
        foreach (var member in view.Members)
        {
            _addresses[member.Node] = IPEndPoint.Parse(member.Address);
        }

        foreach (var gone in _peers.Keys.Where(node => !_addresses.ContainsKey(node)).ToList())
        {
            _peers[gone].Dispose();
            _peers.Remove(gone);
        }
    }

    /// <summary>Copies the message out; delivery is not promised.</summary>
    public void Send(NodeId to, TensorMessage message)
    {
        if (!_peers.TryGetValue(to, out var peer))
        {
            if (!_addresses.TryGetValue(to, out var address))
            {
                counters.Drop(SendOutcome.UnknownPeer);
                return;
            }

            _peers[to] = peer = new TensorPeer(to.Value, address, identity, options, _copies, counters, events);
        }

        _header.SetLength(0);
        TensorCodec.Encode(message, _header);
        peer.Send(_header.GetBuffer().AsSpan(0, (int)_header.Length), TensorCodec.PayloadOf(message).Span);
    }

    public void Dispose()
    {
        foreach (var peer in _peers.Values)
        {
            peer.Dispose();
        }
    }
}
