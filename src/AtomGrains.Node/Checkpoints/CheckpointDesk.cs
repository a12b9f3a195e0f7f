using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;

namespace AtomGrains.Node.Checkpoints;

/// <summary>
/// What a host does about checkpoints for its coordinator, the same on each host: carries its wishes to the keeper, brings
/// the answers back as events, counts, and says once when checkpoints stop getting through and once when they do again.
/// </summary>
public sealed class CheckpointDesk : ICheckpointEvents, IDisposable
{
    private readonly CheckpointKeeper _keeper;
    private readonly Coordinator _coordinator;
    private readonly Outbox _outbox;
    private readonly Func<TimeSpan> _now;
    private readonly Action<Action> _post;
    private readonly Action<string> _note;
    private readonly Dictionary<string, long> _heard = [];
    private Action<TimeSpan>? _tellAge;
    private long _completedBefore;
    private bool _isTroubled;

    /// <param name="post">Runs an action as an event of the coordinator's host, which then carries out the outbox.</param>
    /// <param name="note">Tells a person.</param>
    public CheckpointDesk(
        CheckpointKeeperOptions options, CheckpointStore store, FileRegister register,
        Coordinator coordinator, Outbox outbox, Func<TimeSpan> now, Action<Action> post, Action<string> note)
    {
        _keeper = new CheckpointKeeper(options, store, register, this);
        _coordinator = coordinator;
        _outbox = outbox;
        _now = now;
        _post = post;
        _note = note;
    }

    public CheckpointFigures Figures { get; private set; } = new();

    /// <exception cref="InvalidOperationException">The effect is about something else.</exception>
    public void CarryOut(Effect effect)
    {
        switch (effect)
        {
            case WriteManifest write:
                _keeper.Write(write.Manifest);
                break;
            case CheckpointCompleted completed:
                Figures = Figures with { Completed = Figures.Completed + 1, NewestStep = completed.Manifest.Step };
                if (_isTroubled)
                {
                    _isTroubled = false;
                    _note($"checkpoints are written again: step {completed.Manifest.Step} is complete");
                }

                ForgetBefore(completed.Manifest.Step);
                _keeper.Collect(completed.Manifest.Id);
                break;
            case FindCheckpoint find:
                _keeper.Find(find.NotAfter);
                break;
            default:
                throw new InvalidOperationException($"{effect.GetType().Name} is not about checkpoints");
        }
    }

    /// <summary>For a coordinator that takes over: its predecessor knew how old the newest checkpoint is.</summary>
    /// <param name="tell">Called as an event, if there is a checkpoint.</param>
    public void AskAge(Action<TimeSpan> tell)
    {
        _tellAge = tell;
        _keeper.FindNewestWritten();
    }

    /// <summary>What a node says of its slices, on its way to the coordinator.</summary>
    /// <returns>A slice that is in the store and was not heard of before: nodes say it again under each view.</returns>
    public SliceStored? Note(ControlMessage message)
    {
        if (message is SliceStored stored && _heard.TryAdd(stored.Slice.Object, stored.Before.Step + 1))
        {
            Figures = Figures.With(stored);
            return stored;
        }

        if (message is SliceNotStored missing)
        {
            IsIncomplete(missing.Before.Step + 1, missing.Reason);
        }

        return null;
    }

    public void Dispose() => _keeper.Dispose();

    void ICheckpointEvents.OnManifestWritten(CheckpointManifest manifest) => _post(() => _coordinator.OnManifestWritten(manifest, _outbox));

    void ICheckpointEvents.OnManifestNotWritten(CheckpointManifest manifest, string reason) => _post(() =>
    {
        IsIncomplete(manifest.Step, reason);
        _coordinator.OnManifestNotWritten(manifest.Id);
    });

    void ICheckpointEvents.OnCheckpointFound(FoundCheckpoint found) => _post(() =>
    {
        foreach (var line in found.Notes)
        {
            _note(line);
        }

        _coordinator.OnCheckpointFound(found.File?.Manifest.Origin, _now(), _outbox);
    });

    void ICheckpointEvents.OnNewestWritten(DateTimeOffset at) => _post(() => _tellAge?.Invoke(DateTimeOffset.UtcNow - at));

    // A node knows no more than the newest slice of a partition, and one that is older than the last two checkpoints is nobody's.
    private void ForgetBefore(long completed)
    {
        foreach (var name in _heard.Where(slice => slice.Value < _completedBefore).Select(slice => slice.Key).ToList())
        {
            _heard.Remove(name);
        }

        _completedBefore = completed;
    }

    private void IsIncomplete(long step, string reason)
    {
        Figures = Figures with { Failed = Figures.Failed + 1 };
        if (!_isTroubled)
        {
            _isTroubled = true;
            var newest = _coordinator.CheckpointStep is { } safe ? $"the newest is of step {safe}" : "there is none yet";
            _note($"the checkpoint of step {step} is not complete: {reason}; training goes on, {newest}");
        }
    }
}
