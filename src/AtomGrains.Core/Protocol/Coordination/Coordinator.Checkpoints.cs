using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>
/// When a decision asks for a checkpoint, what completes it, and which one a rollback goes to (PROTOCOL R5, Records).
/// Training waits for none of it: a store that is slow or away costs checkpoints, not steps.
/// </summary>
public sealed partial class Coordinator
{
    private readonly CheckpointTally _checkpoints = new(spec, rules);
    private readonly SortedDictionary<long, CheckpointManifest> _unsealed = [];
    private CheckpointAsked? _asked;
    private TimeSpan? _lastAsked;
    private bool _searching;
    private CheckpointFound? _found;

    /// <summary>The newest step of the lineage that is safe in the store: of this lineage, or what it came from.</summary>
    public long? CheckpointStep => _checkpoints.Completed ?? _view?.Origin?.Checkpoint.Step;

    /// <summary>Steps since then, or since the beginning: what would be lost with every process. Null for a run without checkpoints.</summary>
    public long? CheckpointAge => options.Checkpoints is null ? null : _step - (CheckpointStep ?? 0);

    /// <summary>A manifest is in the store, whoever created it.</summary>
    public void OnManifestWritten(CheckpointManifest manifest, Outbox outbox)
    {
        if (manifest.Lineage != _view?.Lineage || manifest.Step <= _checkpoints.Completed)
        {
            return;
        }

        _checkpoints.Complete(manifest.Step);
        if (_asked?.Step <= manifest.Step)
        {
            _asked = null;
        }

        outbox.Add(new CheckpointCompleted(manifest));
    }

    /// <summary>The manifest could not be written: that checkpoint stays incomplete.</summary>
    public void OnManifestNotWritten(CheckpointId checkpoint) => GiveUp(checkpoint);

    /// <summary>What <see cref="FindCheckpoint"/> has found; null when there is none and the seed is left.</summary>
    public void OnCheckpointFound(LineageOrigin? origin, TimeSpan now, Outbox outbox)
    {
        _searching = false;
        if (origin is null || _backTo is not { } bound || rules.MayReturnTo(origin.Checkpoint.Step, bound))
        {
            // Else it was looked for before it was known how far to go back.
            _found = new CheckpointFound(origin);
        }

        Reconcile(now, outbox);
    }

    // The end has its weights, and the beginning its seed.
    private bool WantsCheckpoint(long step, TimeSpan now)
    {
        if (options.Checkpoints is not { } plan || step >= spec.Steps)
        {
            return false;
        }

        _lastAsked ??= now;
        var isDue = plan.EverySteps is { } steps ? step % steps == 0 : now - _lastAsked >= plan.EveryTime;
        if (!isDue || (_asked is { } asked && asked.Generation == _view!.Generation && now - asked.At < plan.GiveUpAfter))
        {
            return false;
        }

        _asked = new CheckpointAsked(step, _view!.Generation, now);
        _lastAsked = now;
        return true;
    }

    private void OnSliceStored(SliceStored stored, Outbox outbox)
    {
        if (_view is { } view && stored.Before.Lineage == view.Lineage && _checkpoints.Add(stored, view.Generation) is { } manifest)
        {
            _unsealed[manifest.Step] = manifest;
            // A run that is given up seals no more: what its replicas have stored is all that is going to be known of the version.
            WriteManifests(_stopping is null ? _step - 1 : _step, outbox);
        }
    }

    // A version that is sealed has copies that agree, a root, and all lines before it in the metrics: what a run goes on from.
    private void WriteManifests(long sealedStep, Outbox outbox)
    {
        foreach (var (step, manifest) in _unsealed.TakeWhile(entry => entry.Key <= sealedStep).ToList())
        {
            _unsealed.Remove(step);
            outbox.Add(new WriteManifest(manifest));
        }
    }

    private void GiveUp(CheckpointId checkpoint)
    {
        if (_asked?.Step == checkpoint.Step && checkpoint.Lineage == _view?.Lineage)
        {
            _asked = null;
        }
    }

    // Before a rollback: which checkpoint is whole is the store's word, and may take a while.
    private bool KnowsWhereTo(Outbox outbox)
    {
        if (_found is not null || (options.Checkpoints is null && _view!.Origin is null))
        {
            return true;
        }

        if (!_searching)
        {
            _searching = true;
            outbox.Add(new FindCheckpoint(_backTo));
        }

        WaitFor("the newest whole checkpoint to be found", outbox);
        return false;
    }

    private sealed record CheckpointAsked(long Step, Membership.Generation Generation, TimeSpan At);

    private sealed record CheckpointFound(LineageOrigin? Origin);
}
