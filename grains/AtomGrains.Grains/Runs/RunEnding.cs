namespace AtomGrains.Grains.Runs;

/// <summary>How a run is to end, or to come to rest: by whose word, and when it is given to the coordinator.</summary>
internal sealed class RunEnding(RunPlan plan)
{
    // What the coordinator is told, and says again with what became of the checkpoint.
    private const string Paused = "it is paused";
    private const string Deserted = "every silo that had a device for it is asked to end";

    // Beyond the time in which a coordinator that takes over hears its nodes.
    private static readonly TimeSpan TakeOverPatience = TimeSpan.FromSeconds(10);

    private Asked? _asked;
    private TimeSpan? _deserted;
    private int _siloRests;
    private long _restedAtStep;

    /// <summary>The run cannot go on, or is not to.</summary>
    public void Stop(string reason, TimeSpan now) => Ask(new Asked(reason, IsPause: false, now));

    public void Pause(TimeSpan now) => Ask(new Asked(Paused, IsPause: true, now));

    /// <summary>Has the run rest in time when every node leaves and no other comes.</summary>
    /// <param name="isDeserted">Every node leaves.</param>
    /// <param name="isOneStarting">Somewhere, a node is starting.</param>
    public void Follow(bool isDeserted, bool isOneStarting, TimeSpan now)
    {
        if (plan.Settings.Checkpoints.Cadence is null || !isDeserted)
        {
            _deserted = null;
            return;
        }

        // Of a notice, a third is for a replacement to be found and another third for one that is starting; the rest is for the
        // checkpoint. When it is over all nodes are killed, and the steps since the newest checkpoint with them.
        _deserted ??= now;
        if (now - _deserted > plan.Settings.Grace / 3 * (isOneStarting ? 2 : 1))
        {
            Ask(new Asked(Deserted, IsPause: true, now));
        }
    }

    /// <summary>
    /// A silo rests from the run. What fails on one host may be that host: the run goes on where its processes live, and ends
    /// only where they do nowhere.
    /// </summary>
    /// <param name="livesElsewhere">On another silo than that.</param>
    public void SiloRests(string reason, long step, bool livesElsewhere, TimeSpan now)
    {
        _siloRests = step > _restedAtStep ? 1 : _siloRests + 1;
        _restedAtStep = Math.Max(_restedAtStep, step);
        if (_siloRests >= plan.MostSiloRests && !livesElsewhere)
        {
            Stop(reason, now);
        }
    }

    /// <summary>What the coordinator is to be told now, once; null for nothing.</summary>
    /// <param name="isTakingOver">It has no checkpoint to end with before it has heard its nodes, if they live.</param>
    public string? TakeDue(bool isTakingOver, TimeSpan now)
    {
        if (_asked is not { IsGiven: false } asked || (isTakingOver && now - asked.At <= TakeOverPatience))
        {
            return null;
        }

        _asked = asked with { IsGiven = true };
        return asked.Reason;
    }

    /// <summary>What it means that the coordinator has stopped. It has one word for both, and keeps the first that it was given.</summary>
    /// <returns>Whether the run rests, and why, in words.</returns>
    public (bool IsRest, string How) Meaning(string reason) =>
        Array.Find([Paused, Deserted], rest => reason.StartsWith(rest, StringComparison.Ordinal)) is not { } rest ? (false, reason)
        : _asked is { IsPause: false } stop ? (false, stop.Reason + reason[rest.Length..])
        : (true, reason);

    // Whoever asks to stop outranks who asks to pause; of two alike the first one has the word.
    private void Ask(Asked asked)
    {
        if (_asked is null || (_asked.IsPause && !asked.IsPause))
        {
            _asked = asked with { IsGiven = _asked?.IsGiven ?? false };
        }
    }

    private sealed record Asked(string Reason, bool IsPause, TimeSpan At)
    {
        /// <summary>The coordinator has it.</summary>
        public bool IsGiven { get; init; }
    }
}
