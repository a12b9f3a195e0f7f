namespace AtomGrains.Node.Telemetry;

/// <summary>
/// Room for so many connections to one server. Whoever comes when there is none left takes the place of the one that has
/// asked for nothing for the longest, which is closed: so callers who connect and say nothing keep nobody out. Any thread.
/// </summary>
/// <param name="most">Connections at once; at least 1.</param>
public sealed class ConnectionPlaces(int most)
{
    private readonly Lock _gate = new();

    // The one that has asked for nothing for the longest comes first.
    private readonly LinkedList<Action> _taken = new();

    /// <summary>A place for a new connection.</summary>
    /// <param name="close">Ends the connection, and may be called after it has ended by itself.</param>
    public ConnectionPlace Take(Action close)
    {
        var place = new LinkedListNode<Action>(close);
        Action? silent = null;
        lock (_gate)
        {
            if (_taken.Count == most)
            {
                silent = _taken.First!.Value;
                _taken.RemoveFirst();
            }

            _taken.AddLast(place);
        }

        silent?.Invoke();
        return new ConnectionPlace(this, place);
    }

    internal void Renew(LinkedListNode<Action> place)
    {
        lock (_gate)
        {
            if (place.List is not null)
            {
                _taken.Remove(place);
                _taken.AddLast(place);
            }
        }
    }

    internal void Leave(LinkedListNode<Action> place)
    {
        lock (_gate)
        {
            if (place.List is not null)
            {
                _taken.Remove(place);
            }
        }
    }
}
