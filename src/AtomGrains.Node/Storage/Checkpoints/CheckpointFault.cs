namespace AtomGrains.Node.Storage.Checkpoints;

/// <summary>What is wrong with a checkpoint that was passed over.</summary>
/// <param name="Object">The name of the object that is broken or missing.</param>
public sealed record CheckpointFault(string Object, string Reason)
{
    public override string ToString() => $"{Object}: {Reason}";
}
