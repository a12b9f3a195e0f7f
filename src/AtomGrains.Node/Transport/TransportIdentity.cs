namespace AtomGrains.Node.Transport;

/// <summary>Who this process is on its connections: the run, its node number in it, and the run's secret.</summary>
public sealed record TransportIdentity(string RunId, int NodeId, RunSecret Secret);
