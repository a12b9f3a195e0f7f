namespace AtomGrains.Core.Protocol;

/// <summary>Something that the protocol excludes has happened: an error of this program. The run stops.</summary>
public sealed class ProtocolViolationException(string message) : InvalidOperationException(message);
