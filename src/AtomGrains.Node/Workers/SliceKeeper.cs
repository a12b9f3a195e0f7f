using System.Collections.Concurrent;
using System.Diagnostics;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Storage.Checkpoints;

namespace AtomGrains.Node.Workers;

/// <summary>
/// Takes copies of slices and puts them into the store beside the training, one at a time; loads slices that a lineage
/// begins from. A store that is slow costs checkpoints: there is one copy a partition under way and one waiting, and a
/// newer one takes the place of that.
/// </summary>
internal sealed class SliceKeeper : IDisposable
{
    // After the lanes, whose threads have 10: a checkpoint that takes longer costs nothing.
    private const int WriteNice = 15;

    private static readonly TimeSpan RetryLoad = TimeSpan.FromSeconds(1);

    private readonly CheckpointStore _store;
    private readonly ISliceEvents _events;
    private readonly Queue<SliceCopy> _waiting = [];
    private readonly BlockingCollection<LoadSlice> _loads = [];
    private readonly object _gate = new();
    private bool _isOver;

    public SliceKeeper(CheckpointStore store, ISliceEvents events)
    {
        _store = store;
        _events = events;
        new Thread(WriteAll) { IsBackground = true, Name = "checkpoint write" }.Start();
        new Thread(LoadAll) { IsBackground = true, Name = "checkpoint load" }.Start();
    }

    /// <summary>Copies the slice; the training waits for no more than that.</summary>
    public void Store(StoreSlice slice)
    {
        var started = Stopwatch.GetTimestamp();
        var copy = SliceCopy.Of(slice);
        copy.BlockedSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        SliceCopy? replaced = null;
        lock (_gate)
        {
            if (_waiting.FirstOrDefault(waiting => waiting.Slice.Range.Id == slice.Range.Id) is { } older)
            {
                replaced = older;
                var others = _waiting.Where(waiting => waiting != older).ToList();
                _waiting.Clear();
                others.ForEach(_waiting.Enqueue);
            }

            _waiting.Enqueue(copy);
            Monitor.Pulse(_gate);
        }

        if (replaced is not null)
        {
            replaced.Release();
            _events.OnNotStored(new SliceNotStored(replaced.Slice.Before, slice.Range.Id, "the store is slower than the checkpoints come"));
        }
    }

    public void Load(LoadSlice load) => _loads.Add(load);

    public void Dispose()
    {
        _loads.CompleteAdding();
        lock (_gate)
        {
            _isOver = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void WriteAll()
    {
        Signals.LowerPriorityOfThisThread(WriteNice);
        while (Next() is { } copy)
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                var stored = _store.PutSlice(copy.Header, copy.Parts);
                _events.OnStored(new SliceStored(copy.Slice.Before, stored, copy.BlockedSeconds, Stopwatch.GetElapsedTime(started).TotalSeconds));
            }
            catch (IOException error)
            {
                _events.OnNotStored(new SliceNotStored(copy.Slice.Before, copy.Slice.Range.Id, error.Message));
            }

            copy.Release();
        }
    }

    private SliceCopy? Next()
    {
        lock (_gate)
        {
            while (!_isOver && _waiting.Count == 0)
            {
                Monitor.Wait(_gate);
            }

            return _isOver ? null : _waiting.Dequeue();
        }
    }

    private void LoadAll()
    {
        foreach (var load in _loads.GetConsumingEnumerable())
        {
            try
            {
                LoadNow(load);
            }
            catch (InvalidDataException error)
            {
                _events.OnBroken(error);
                return;
            }
        }
    }

    // A store that is away comes back; nothing can be done before it does.
    private void LoadNow(LoadSlice load)
    {
        while (!_loads.IsAddingCompleted)
        {
            try
            {
                var manifest = _store.ReadManifest(load.Checkpoint).Manifest;
                _events.OnLoaded(load.Checkpoint, load.Range.Id, _store.Load(manifest, load.Range));
                return;
            }
            catch (FileNotFoundException error)
            {
                throw new InvalidDataException(error.Message, error);
            }
            catch (IOException error)
            {
                Console.Error.WriteLine($"the store does not answer: {error.Message}");
                Thread.Sleep(RetryLoad);
            }
        }
    }
}
