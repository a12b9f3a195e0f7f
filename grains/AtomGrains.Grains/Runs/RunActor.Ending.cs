using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Storage;

namespace AtomGrains.Grains.Runs;

/// <summary>How a run ends, and how it comes to rest: with a checkpoint of where it stands, and nothing of it alive.</summary>
internal sealed partial class RunActor
{
    // What the coordinator is told, and says again with what became of the checkpoint.
    private const string Paused = "it is paused";
    private const string Deserted = "every silo that had a device for it is asked to end";

    // Beyond the time in which a coordinator that takes over hears its nodes.
    private static readonly TimeSpan TakeOverPatience = TimeSpan.FromSeconds(10);

    private bool _isTakingOver;
    private EndAsked? _asked;
    private TimeSpan? _deserted;
    private int _siloRests;
    private long _restedAtStep;

    /// <summary>The run cannot go on, or is not to: it ends once there is a checkpoint of where it stands, if there can be one.</summary>
    public void OnStop(string reason) => Ask(new EndAsked(reason, IsPause: false, Now));

    /// <summary>The run is to rest, once there is a checkpoint of where it stands.</summary>
    public void OnPause() => Ask(new EndAsked(Paused, IsPause: true, Now));

    // Of a notice, a third is for a replacement to be found and another third for one that is starting; the rest is for the
    // checkpoint. When it is over all nodes are killed, and the steps since the newest checkpoint with them.
    private void RestIfAllLeave()
    {
        var alive = _seats.Keys.Where(node => _coordinator.StandingOf(node) == NodeStanding.Alive).ToList();
        if (IsDone || _plan.Checkpoints is null || alive.Count == 0 || !alive.TrueForAll(_leaving.Contains))
        {
            _deserted = null;
            return;
        }

        _deserted ??= Now;
        var isOneStarting = Living.Any();
        if (Now - _deserted > _plan.Grace / 3 * (isOneStarting ? 2 : 1))
        {
            Ask(new EndAsked(Deserted, IsPause: true, Now));
        }
    }

    // What fails on one host may be that host: the run goes on where its processes live, and ends only where they do nowhere.
    private void OnSiloRests(string? silo, string reason)
    {
        _siloRests = Step > _restedAtStep ? 1 : _siloRests + 1;
        _restedAtStep = Math.Max(_restedAtStep, Step);
        _output.Note($"{silo} offers it nothing for a while: {reason}");
        if (_siloRests >= _plan.MostSiloRests && !Living.Any(seat => seat.Value.Silo != silo))
        {
            OnStop(reason);
        }
    }

    // Whoever asks to stop outranks who asks to pause; of two alike the first one has the word.
    private void Ask(EndAsked asked)
    {
        if (!IsDone && (_asked is null || (_asked.IsPause && !asked.IsPause)))
        {
            _asked = asked with { IsGiven = _asked?.IsGiven ?? false };
            GiveUpIfAsked();
        }
    }

    // A coordinator that takes over has no checkpoint to end with before it has heard its nodes, if they live.
    private void GiveUpIfAsked()
    {
        if (_asked is { IsGiven: false } asked && !IsDone && (!_isTakingOver || Now - asked.At > TakeOverPatience))
        {
            _asked = asked with { IsGiven = true };
            _coordinator.OnGivenUp(asked.Reason, Now, _outbox);
            CarryOut();
        }
    }

    // The coordinator has one word for both, and keeps the first that it was given.
    private void StopOrRest(string reason)
    {
        var rest = Array.Find([Paused, Deserted], rest => reason.StartsWith(rest, StringComparison.Ordinal));
        if (rest is null)
        {
            Finish(null, reason);
        }
        else if (_asked is { IsPause: false } stop)
        {
            Finish(null, stop.Reason + reason[rest.Length..]);
        }
        else
        {
            Rest(reason);
        }
    }

    private void Rest(string how)
    {
        _journal.Complete();
        _ledger.CloseAll();
        IsAtRest = true;
        (RunWish.Read(_plan.Folder) with { RestedAt = OwnGeneration.Value }).Write(_plan.Folder);
        WaitsFor(null);
        _output.Note(how);
        DismissAll();
    }

    private void Finish(string? weights, string? stopped)
    {
        _journal.Complete();
        _ledger.CloseAll();
        if (_plan.FinishesFolder && stopped is null)
        {
            RunFolder.Finish(_plan.Folder, DateTimeOffset.UtcNow);
        }

        End = new RunEnd(stopped, RunReport.Of(_journal, _ledger, Counters, _numbers.Given, weights, _validationLoss, _coordinator.Audits), _controlMessages);
        End.Write(_plan.Folder);
        WaitsFor(null);
        DismissAll();
    }

    // Their devices are free for other runs.
    private void DismissAll()
    {
        foreach (var node in _seats.Keys.Where(node => _coordinator.StandingOf(node) == NodeStanding.Alive).ToList())
        {
            Dismiss(node);
        }
    }

    private void Dismiss(NodeId node) => _output.Send(node, new Dismiss(OwnGeneration, DismissReason.NotNeeded));

    // Another coordinator may have taken a later one by now: what is said and written here is not about its nodes.
    private Generation OwnGeneration => View?.Generation ?? _plan.Before;

    private sealed record EndAsked(string Reason, bool IsPause, TimeSpan At)
    {
        /// <summary>The coordinator has it.</summary>
        public bool IsGiven { get; init; }
    }
}
