namespace AtomGrains.Node.Telemetry;

/// <summary>What a connection holds of <see cref="ConnectionPlaces"/>, until it is disposed of or somebody else needs it more. Any thread.</summary>
public sealed class ConnectionPlace : IDisposable
{
    private readonly ConnectionPlaces _places;
    private readonly LinkedListNode<Action> _place;

    internal ConnectionPlace(ConnectionPlaces places, LinkedListNode<Action> place) => (_places, _place) = (places, place);

    /// <summary>The connection has asked for something: of all, it is the last to lose its place.</summary>
    public void Renew() => _places.Renew(_place);

    public void Dispose() => _places.Leave(_place);
}
