namespace AtomGrains.Node.Storage.Objects;

/// <summary>Why a store of checkpoints cannot be used.</summary>
/// <param name="Text">In words, without secrets.</param>
/// <param name="IsRefusal">The store, or who vouches for this machine, has said no: waiting does not help.</param>
public sealed record StoreFault(string Text, bool IsRefusal);
