using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Core.Protocol.Partitions;

/// <summary>
/// How a replica gets into a checkpoint and out of one. A replica of a lineage that began from a checkpoint is empty
/// until its slice is loaded: until then it reports nothing, serves nothing and seals nothing.
/// </summary>
public sealed partial class PartitionReplica
{
    private LineageOrigin? _loading;
    private bool _loadAsked;

    /// <summary>Recorded as a replica, and its slice is still on its way from the store.</summary>
    public bool IsLoading => _loading is not null;

    /// <summary>The slice that this replica's lineage begins from is here; another one than it waits for is dropped.</summary>
    public void OnLoaded(CheckpointId checkpoint, SliceContent content, Outbox outbox)
    {
        if (_loading?.Checkpoint != checkpoint)
        {
            return;
        }

        _loading = null;
        _state.Begin(_state.Lineage, checkpoint.Step, content);
        AfterAdvance(outbox);
    }

    private void Load(LineageOrigin origin)
    {
        _loading = origin;
        _loadAsked = false;
    }

    private void AskForSlice(Outbox outbox)
    {
        if (_loading is { } origin && !_loadAsked)
        {
            _loadAsked = true;
            outbox.Add(new LoadSlice(origin.Checkpoint, _range));
        }
    }

    // What comes from those who have loaded already is kept; what will be asked again is not.
    private void HandleWhileLoading(NodeId from, TensorMessage message)
    {
        if (message is Pull pull)
        {
            _pulls[from] = pull.AtLeast;
        }
        else if (message is Reduced reduced)
        {
            _earlyReduced = (Reduced)reduced.Copy();
        }
    }

    // The decision that led to where this replica stands comes once more, now with the wish: the run is being given up.
    private void StoreIfAskedLate(Decision decision, Outbox outbox)
    {
        if (decision.Snapshot && decision.Digest == _state.Digest && _state is { Last.Snapshot: false, IsComplete: true })
        {
            _state.AskForSnapshot();
            StoreIfAsked(outbox);
        }
    }

    // A primary does it on applying the decision; a backup that is promoted before the next one, in its place.
    private void StoreIfAsked(Outbox outbox)
    {
        if (Role == PartitionRole.Primary && _state.Last is { Snapshot: true } before && !IsLoading)
        {
            outbox.Add(new StoreSlice(_range, _view.Generation, before, _state.Values, _state.FirstMoment, _state.SecondMoment));
        }
    }
}
