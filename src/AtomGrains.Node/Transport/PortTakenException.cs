using System.Net;

namespace AtomGrains.Node.Transport;

/// <summary>The endpoint to listen on belongs to someone else.</summary>
public sealed class PortTakenException(IPEndPoint endpoint, Exception inner)
    : IOException($"port {endpoint.Port} on {endpoint.Address} is taken: choose a free port from 1 to 65535, or 0 for any", inner)
{
    public IPEndPoint Endpoint { get; } = endpoint;
}
