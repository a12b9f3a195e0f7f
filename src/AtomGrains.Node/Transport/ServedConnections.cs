using System.Diagnostics.CodeAnalysis;

namespace AtomGrains.Node.Transport;

/// <summary>
/// The connections being served, at most one a node. A newer one replaces the older and begins after the
/// older one's last event, so a node's events stay in order.
/// </summary>
internal sealed class ServedConnections<TConnection>
    where TConnection : class, IServedConnection
{
    private readonly Dictionary<int, TConnection> _byNode = [];
    private bool _closed;

    public bool TryGet(int node, [NotNullWhen(true)] out TConnection? connection)
    {
        lock (_byNode)
        {
            return _byNode.TryGetValue(node, out connection);
        }
    }

    /// <summary>Runs the connection on this thread until it ends.</summary>
    public void Serve(int node, TConnection connection)
    {
        TConnection? older = null;
        bool closed;
        lock (_byNode)
        {
            closed = _closed;
            if (!closed)
            {
                _byNode.TryGetValue(node, out older);
                _byNode[node] = connection;
            }
        }

        if (closed)
        {
            connection.Abandon();
            return;
        }

        older?.Close(CloseReason.ReplacedByNewer);
        older?.WaitForEnd();
        connection.Run();
        lock (_byNode)
        {
            if (_byNode.TryGetValue(node, out var current) && current == connection)
            {
                _byNode.Remove(node);
            }
        }
    }

    /// <summary>Ends all, and every later one at once. When it returns no more events come.</summary>
    public void CloseAll()
    {
        TConnection[] connections;
        lock (_byNode)
        {
            _closed = true;
            connections = [.. _byNode.Values];
        }

        foreach (var connection in connections)
        {
            connection.Close(CloseReason.ClosedHere);
        }

        foreach (var connection in connections)
        {
            connection.WaitForEnd();
        }
    }
}
