namespace AtomGrains.Core.Protocol.Messages;

/// <summary>Anything that actors send each other.</summary>
public abstract record Message;
