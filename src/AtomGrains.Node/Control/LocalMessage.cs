using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Node.Control;

/// <summary>What a supervisor and a node process say to each other on the local control channel.</summary>
public abstract record LocalMessage;

/// <summary>A message of the protocol, either way.</summary>
public sealed record ProtocolMessage(ControlMessage Message) : LocalMessage;

/// <summary>Node, just before the fault with this number in the plan strikes it: written to the socket before anything happens.</summary>
public sealed record FaultStrikes(int Order, DateTimeOffset At) : LocalMessage;

/// <summary>Node: a tensor link from or to another node has closed. Only a silo needs to hear it: other silos' nodes are not its children.</summary>
public sealed record LinkLost(int Node) : LocalMessage;

/// <summary>Silo: whoever wanted it is gone, and with it all silos of the run. The node writes down what it holds, and ends.</summary>
public sealed record LeaveBehind : LocalMessage;

/// <summary>Node: it cannot go on, and ends itself.</summary>
public sealed record NodeFailed(string Cause) : LocalMessage;
