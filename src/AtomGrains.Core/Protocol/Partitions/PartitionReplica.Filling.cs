using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Core.Protocol.Partitions;

/// <summary>How a joiner is filled, by both its ends (PROTOCOL R4).</summary>
public sealed partial class PartitionReplica
{
    private void OnFillWanted(NodeId from, FillWanted wanted, Outbox outbox)
    {
        if (wanted.Blocks.Count > 0)
        {
            foreach (var block in wanted.Blocks.Where(block => block >= 0 && block < _range.Blocks).Take(FillBlocksAtOnce))
            {
                var copy = _context.Lent.Rent((int)FillBlock.Floats(_range.ElementsOf(block)));
                _state.CopyBlock(block, copy);
                outbox.Send(from, new FillBlock(_range.Id, _view.Generation, _state.Key, _state.Last, block, copy));
            }

            return;
        }

        var holdsReduced = _state.Reduced is null || wanted.HoldsReduced;
        if (!_reportedInSync && _context.Rules.IsInSync(wanted.Version is not null, wanted.Version == _state.Version, holdsReduced))
        {
            // From here on every seal waits for the joiner, so it stays in sync until a view records it.
            _reportedInSync = true;
            outbox.Report(new JoinerInSync(_view.Generation, _range.Id, from));
        }
    }

    private void OnFillBlock(NodeId from, FillBlock fill, Outbox outbox)
    {
        if (Role != PartitionRole.Joiner || fill.Key.Lineage != _state.Lineage || from != _view.Placement(_range.Id).Primary)
        {
            return;
        }

        Follow(fill.Key, fill.Last);

        // A block that is up to date stays: an answer that comes twice may be of a later version than the others.
        if (fill.Key.Step >= _state.Version && _state.StaleBlocks.Contains(fill.Block))
        {
            _state.TakeBlock(fill.Block, fill.Key.Step, fill.Slice.Span);
        }

        _outstandingBlocks.Remove(fill.Block);
        if (_outstandingBlocks.Count == 0)
        {
            AskForBlocks(outbox);
        }
    }

    // A joiner learns where its primary stands from what it sends; one that lost touch starts over.
    private void Follow(StepKey key, Decision? last)
    {
        if (Role == PartitionRole.Joiner && (_state.Version is not { } version || key.Step > version + 1))
        {
            _state.Reset(_state.Lineage);
            _state.StartAt(key, last);
        }
        else if (_state.Last is null && last is not null && key.Step == _state.Version)
        {
            _state.StartAt(key, last);
        }
    }

    private void Refill(Outbox outbox)
    {
        _state.Reset(_state.Lineage);
        AskForBlocks(outbox, again: true);
    }

    // Whether what was filled so far is still what this primary would have sent.
    private bool FillContinues(View old) =>
        _view.Generation == old.Generation.Next && old.Placement(_range.Id).Joiner == _context.Self
        && old.Placement(_range.Id).Primary == _view.Placement(_range.Id).Primary;

    // What is on its way is not asked for twice, unless it must be lost: a whole step has passed since.
    private void AskForBlocks(Outbox outbox, bool again = false)
    {
        var complete = _state.IsComplete;
        if (_outstandingBlocks.Count > 0 && !again && !(_state.Version > _blocksAskedAt + 1))
        {
            return;
        }

        _outstandingBlocks.Clear();
        if (!complete && !_context.Fills.IsOpen)
        {
            return;
        }

        _outstandingBlocks.UnionWith(_state.StaleBlocks.Take(FillBlocksAtOnce));
        _context.Fills.Spend(_outstandingBlocks.Count * FillBlock.Floats(_range.BlockElements) * sizeof(float));
        _blocksAskedAt = _state.Version ?? -1;
        outbox.Send(_view.Placement(_range.Id).Primary, new FillWanted(
            _range.Id, _view.Generation, complete ? _state.Version : null, _state.Reduced is not null, [.. _outstandingBlocks]));
    }
}
