using AtomGrains.Core.Checkpoints;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;

namespace AtomGrains.Node.Checkpoints;

/// <summary>Finds what a run can go on from: the register says which checkpoints survive, the store which are whole.</summary>
public static class CheckpointSearch
{
    /// <summary>The lineages that a register tells of.</summary>
    public static LineageHistory History(FileRegister register) => new RegisterHistory(register).Read();

    /// <param name="elements">Length of the flat vector.</param>
    /// <param name="upTo">The newest step that will do.</param>
    /// <exception cref="IOException">The store does not answer.</exception>
    public static FoundCheckpoint Newest(CheckpointStore store, LineageHistory history, int elements, long upTo = long.MaxValue)
    {
        var passedOver = new List<(CheckpointId, CheckpointFault)>();
        foreach (var candidate in history.Candidates(store.List().Where(checkpoint => checkpoint.Step <= upTo)))
        {
            if (store.Verify(candidate, elements, out var file) is { } fault)
            {
                passedOver.Add((candidate, fault));
            }
            else
            {
                return new FoundCheckpoint(file, passedOver);
            }
        }

        return new FoundCheckpoint(null, passedOver);
    }
}
