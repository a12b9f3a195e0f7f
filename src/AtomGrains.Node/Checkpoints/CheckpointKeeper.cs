using System.Collections.Concurrent;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Protocol;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;

namespace AtomGrains.Node.Checkpoints;

/// <summary>
/// A coordinator's hands in the store, on a thread of their own: writes manifests, finds the newest whole checkpoint, and
/// removes what may go. Whichever host the coordinator has, it gets the answers as events.
/// </summary>
public sealed class CheckpointKeeper : IDisposable
{
    private static readonly TimeSpan RetrySearch = TimeSpan.FromSeconds(1);

    private readonly CheckpointKeeperOptions _options;
    private readonly CheckpointStore _store;
    private readonly RegisterHistory _history;
    private readonly ICheckpointEvents _events;
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    public CheckpointKeeper(CheckpointKeeperOptions options, CheckpointStore store, FileRegister register, ICheckpointEvents events)
    {
        _options = options;
        _store = store;
        _history = new RegisterHistory(register);
        _events = events;
        _thread = new Thread(Run) { IsBackground = true, Name = "checkpoints" };
        _thread.Start();
    }

    /// <summary>Writes a manifest if it is absent.</summary>
    public void Write(CheckpointManifest manifest) => Post(() =>
    {
        try
        {
            // Who goes on from a checkpoint must find the lines of all steps before it, after a power cut as well.
            _options.SyncMetrics();
            var file = new ManifestFile { BitsClass = _options.BitsClass, LedgerPosition = _options.LedgerPosition(), Written = DateTimeOffset.UtcNow, Manifest = manifest };
            if (_store.PutManifest(file) && _store.Missing(manifest) is { } gone)
            {
                // This process was away for long, and another one has removed what a newer checkpoint had overtaken.
                _store.DeleteManifest(manifest.Id);
                _events.OnManifestNotWritten(manifest, $"{gone} was removed");
                return;
            }

            _events.OnManifestWritten(manifest);
        }
        catch (IOException error)
        {
            _events.OnManifestNotWritten(manifest, error.Message);
        }
    });

    /// <summary>Finds the newest checkpoint that is whole, and waits for a store that is away: nothing can be done before.</summary>
    /// <param name="notAfter">The newest step that it may be of; null for any.</param>
    public void Find(long? notAfter) => Post(() =>
    {
        while (!_work.IsAddingCompleted)
        {
            try
            {
                _events.OnCheckpointFound(CheckpointSearch.Newest(_store, _history.Read(), _options.Elements, notAfter ?? long.MaxValue));
                return;
            }
            catch (IOException)
            {
                Thread.Sleep(RetrySearch);
            }
        }
    });

    /// <summary>Tells when the newest checkpoint was written, where there is one and the store answers.</summary>
    public void FindNewestWritten() => Post(() =>
    {
        try
        {
            if (_store.NewestWritten() is { } at)
            {
                _events.OnNewestWritten(at);
            }
        }
        catch (IOException)
        {
            // Only for the page: its age counts from the next one on.
        }
    });

    /// <summary>Removes checkpoints beyond those that are kept, and what no checkpoint needs.</summary>
    /// <param name="newest">The newest complete one.</param>
    public void Collect(CheckpointId newest) => Post(() =>
    {
        try
        {
            var checkpoints = _store.List();
            var history = _history.Read();
            var gone = CheckpointRetention.Collectable(
                checkpoints, history, _options.Keep, ProtocolRules.Safe, checkpoint => _store.Verify(checkpoint, _options.Elements, out _) is null);
            foreach (var checkpoint in gone)
            {
                _store.DeleteManifest(checkpoint);
            }

            _store.DeleteUnnamedSlices(newest, DateTimeOffset.UtcNow - _options.ReadGrace);
            _store.Objects.RemoveRemains(DateTimeOffset.UtcNow - _options.WriteGrace);
        }
        catch (IOException)
        {
            // The next checkpoint's turn finds the same to remove.
        }
    });

    /// <summary>Ends after what is under way; what waits is dropped.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join(TimeSpan.FromSeconds(2));
    }

    private void Post(Action action)
    {
        if (!_work.IsAddingCompleted)
        {
            _work.Add(action);
        }
    }

    private void Run()
    {
        foreach (var action in _work.GetConsumingEnumerable())
        {
            if (_work.IsAddingCompleted)
            {
                return;
            }

            action();
        }
    }
}
