using AtomGrains.Commands.Options;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;

namespace AtomGrains.Local;

/// <summary>What a run goes on from of which nothing lives: the newest whole checkpoint, and a word on those that are not.</summary>
internal static class Restored
{
    /// <param name="elements">Length of the flat vector.</param>
    /// <param name="taken">The newest generation of the run's register.</param>
    /// <param name="recall">Told the last decision that nodes without a coordinator have left, for its line in the metrics.</param>
    /// <returns>Null when the seed is all that is left.</returns>
    /// <exception cref="IOException">The store does not answer.</exception>
    /// <exception cref="InvalidSettingsException">The store is not the one that the run's checkpoints went to, or nothing is left of it.</exception>
    public static LineageOrigin? Origin(RunFolder folder, CheckpointPlan plan, int elements, Generation taken, IRunObserver observer, Action<Decision> recall)
    {
        var store = new CheckpointStore(ObjectStores.Open(plan.StoreFor(folder.Path)));
        var orphans = new OrphanAssembly(folder.Path, folder.Record, elements, folder.OpenRegister(), store);
        foreach (var note in orphans.Run())
        {
            observer.OnNote(note);
        }

        if (orphans.Led is { } led)
        {
            recall(led);
        }

        var found = CheckpointSearch.Newest(store, CheckpointSearch.History(folder.OpenRegister()), elements);
        foreach (var line in found.Notes)
        {
            observer.OnNote(line);
        }

        if (found.File is null && KnownCheckpoint(folder.Path) is > 0 and var step && store.List().Count == 0)
        {
            throw new InvalidSettingsException(new SettingError(
                Settings.Store.Flag,
                store.Objects.Description,
                $"has no checkpoint at all, and the run's newest was of step {step}: is its volume there? What is to begin from the seed again begins in a new folder"));
        }

        observer.OnNote(found.File is { Manifest: var manifest }
            ? $"goes on from the checkpoint of {manifest.Id}, in {store.Objects.Description}"
            : $"an earlier attempt got to view {taken}, and no checkpoint is left of it: starting from the seeded beginning");
        return found.File?.Manifest.Origin;
    }

    // What was said of the run last; it may be torn, and is no more than a hint then.
    private static long? KnownCheckpoint(string folder)
    {
        try
        {
            return RunStatus.Read(folder)?.CheckpointStep;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
