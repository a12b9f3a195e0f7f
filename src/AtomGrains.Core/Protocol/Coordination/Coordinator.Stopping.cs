using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>
/// How a run that does not get on is given up: nobody computes any more, the version that the partitions are at becomes a
/// checkpoint, and the run stops with the reason. Where there is no such checkpoint to be had, it stops without.
/// </summary>
public sealed partial class Coordinator
{
    private StopAsked? _stopping;

    /// <summary>The host sees that the run does not get on. <see cref="RunStopped"/> follows, at once or after a checkpoint.</summary>
    public void OnGivenUp(string reason, TimeSpan now, Outbox outbox)
    {
        StopWithCheckpoint(reason, now, outbox);
        Reconcile(now, outbox);
    }

    // Whoever stops the run first has the word.
    private void StopWithCheckpoint(string reason, TimeSpan now, Outbox outbox)
    {
        if (!_over)
        {
            _stopping ??= new StopAsked(reason, now);
            IsStopped(now, outbox);
        }
    }

    /// <summary>Whether the run is over by now.</summary>
    private bool IsStopped(TimeSpan now, Outbox outbox)
    {
        if (_stopping is not { } stop)
        {
            return false;
        }

        var isWorthIt = options.Checkpoints is not null && _view is not null && _ownsView && _step > (_view.Origin?.Checkpoint.Step ?? 0);
        if (isWorthIt && !(CheckpointStep >= _step) && now - stop.At < options.StopGrace)
        {
            WaitFor($"the checkpoint of step {_step}, which the run stops with", outbox);
            return false;
        }

        StopNow(outbox);
        return true;
    }

    private void StopNow(Outbox outbox)
    {
        _over = true;
        var left = options.Checkpoints is null ? "" : CheckpointStep is { } step ? $"; the newest checkpoint is of step {step}" : "; there is no checkpoint";
        outbox.Add(new RunStopped(_stopping!.Reason + left));
    }

    // The last decision once more, now with the wish for a snapshot: who has applied it stores where it stands.
    private void AskForLastCheckpoint(View view, Outbox outbox)
    {
        if (!_over && _stopping is { } stop && stop.Asked != view.Generation && _again is null && _last is { } last)
        {
            stop.Asked = view.Generation;
            foreach (var member in view.Members)
            {
                outbox.Send(member.Node, new Decide(view.Generation, last with { Snapshot = true }));
            }
        }
    }

    private sealed class StopAsked(string reason, TimeSpan at)
    {
        public string Reason => reason;

        public TimeSpan At => at;

        /// <summary>The view whose replicas were asked for their slices.</summary>
        public Generation? Asked { get; set; }
    }
}
