using System.Diagnostics;
using AtomGrains.Chaos.Machine;
using AtomGrains.Chaos.Plans;
using AtomGrains.Commands.Options;
using AtomGrains.Node.Workers;

namespace AtomGrains.Chaos.Runs;

/// <summary>Strikes when the steps of a plan are due, and keeps book of what really struck, by orders as well as from outside.</summary>
/// <param name="resume">Starts the run again, in a world of so many workers and partitions.</param>
internal sealed class Injector(ChaosPlan plan, LiveRun run, PlanStore store, Action<LiveRun, int?, int?> resume)
{
    // Of a run's steps.
    private const double TooLate = 0.9;

    // A world between two views has nobody who is well for a moment.
    private static readonly TimeSpan FindsSomebodyWithin = TimeSpan.FromSeconds(10);

    // Longer than a pause takes to be noticed.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(6);

    // A run that has to go back waits for its store, and would not come to the step at which it returns.
    private static readonly TimeSpan LongestOutage = TimeSpan.FromSeconds(8);

    private readonly Victims _victims = new(run, plan.Orders);
    private readonly Downfall _downfall = new(plan, run, store);
    private readonly List<ChaosStrike> _orders = [.. plan.Strikes.Where(strike => strike.IsOrdered)];
    private readonly List<ChaosStrike> _waiting = [.. plan.Strikes.Where(strike => !strike.IsOrdered)];
    private readonly HashSet<int> _seen = [];
    private readonly List<(Func<bool> IsDue, Action Act)> _later = [];
    private readonly List<ChaosKind> _away = [];
    private readonly List<StruckFault> _struck = [];
    private readonly List<ChaosStrike> _missed = [];
    private long? _due;

    public IReadOnlyList<StruckFault> Struck => _struck;

    /// <summary>What could not strike, or has not when the run is over.</summary>
    public IReadOnlyList<ChaosStrike> Missed => [.. _missed, .. _waiting, .. _orders.Where((_, number) => !_seen.Contains(number))];

    public IReadOnlyList<string> Violations => _downfall.Violations;

    /// <summary>The object of a checkpoint that was broken; null when none was.</summary>
    public string? Torn => _downfall.Torn;

    public bool SupervisorWasStruck => _struck.Exists(fault => fault.Strike.Kind == ChaosKind.Supervisor);

    /// <summary>Takes note of what orders have struck, and of how far the run has come since.</summary>
    public void Observe()
    {
        foreach (var (order, who) in _victims.OrdersThatStruck().Where(struck => _seen.Add(struck.Order)).ToList())
        {
            _struck.Add(new StruckFault(_orders[order], who, run.Committed));
        }

        _struck.ForEach(fault => fault.Observe(run.Committed, isComplete: false));
        foreach (var (isDue, act) in _later.Where(later => later.IsDue()).ToList())
        {
            act();
            _later.RemoveAll(later => later.Act == act);
        }
    }

    /// <summary>The run has come to its end.</summary>
    public void Complete() => _struck.ForEach(fault => fault.Observe(run.Committed, isComplete: true));

    public void StrikeWhatIsDue()
    {
        while (_waiting is [var strike, ..] && strike.Step <= run.Step)
        {
            _due ??= Stopwatch.GetTimestamp();
            var hasStruck = !IsTooLate && TryStrike(strike);
            if (!hasStruck && !IsTooLate && Stopwatch.GetElapsedTime(_due.Value) < FindsSomebodyWithin)
            {
                return;
            }

            _due = null;
            _waiting.RemoveAt(0);
            if (!hasStruck)
            {
                _missed.Add(strike);
            }
        }
    }

    /// <summary>Takes back what was done to the machine.</summary>
    public void HealAll() => _away.ToList().ForEach(Heal);

    // A store that is started again takes its time, and the run does not wait: one that is complete cannot be resumed.
    private bool IsTooLate => run.Step > plan.Spec.Steps * TooLate;

    private bool TryStrike(ChaosStrike strike)
    {
        switch (strike.Kind)
        {
            case ChaosKind.Kill:
                return Signal(strike, _victims.Worker(strike.Worker!.Value), Signals.Kill);
            case ChaosKind.Notice:
                return Signal(strike, _victims.Worker(strike.Worker!.Value), Signals.Terminate);
            case ChaosKind.Pause:
                return Signal(strike, _victims.Worker(strike.Worker!.Value), Signals.Stop);
            case ChaosKind.PauseAndWake:
                var sleeper = _victims.Worker(strike.Worker!.Value);
                return Signal(strike, sleeper, Signals.Stop) && WakesLater(sleeper!.Value);
            case ChaosKind.Supervisor:
                return Signal(strike, _victims.Supervisor(), Signals.Kill);
            case ChaosKind.Coordinator:
                return Signal(strike, _victims.Coordinator(), Signals.Kill);
            case ChaosKind.StoreDown or ChaosKind.AzureDown or ChaosKind.StoreSlow:
            case ChaosKind.DiskFull when strike.Variant != StrikeDrawer.DiskOfTheRun:
                return IsAwayForAWhile(strike);
            case ChaosKind.AllDie or ChaosKind.Orphans or ChaosKind.DiskFull:
            case ChaosKind.TornCheckpoint when _downfall.HasCheckpoint:
                return TakesEverything(strike);
            case ChaosKind.TornCheckpoint:
                return false;
            default:
                throw new InvalidOperationException($"{strike.Kind} does not come from outside");
        }
    }

    private bool Signal(ChaosStrike strike, int? victim, int signal)
    {
        if (victim is not { } pid)
        {
            return false;
        }

        var who = strike.Kind == ChaosKind.Supervisor ? _victims.SupervisorName(pid) : _victims.NodeName(pid);
        if (!Signals.Send(pid, signal))
        {
            return false;
        }

        _victims.Struck(pid);
        _struck.Add(new StruckFault(strike, who, run.Committed));
        return true;
    }

    private bool WakesLater(int pid)
    {
        var asleep = Stopwatch.GetTimestamp();
        var fault = _struck[^1];
        _later.Add((() => _victims.IsFenced(pid) || Stopwatch.GetElapsedTime(asleep) > LongestSleep, Wake));
        return true;

        void Wake()
        {
            // Silos are watched by each other: of one that is alone for a while, nobody notices anything.
            fault.IsOverlooked = plan.Host == TrainOptions.OrleansHost && !_victims.IsFenced(pid);
            Signals.Send(pid, Signals.Continue);
        }
    }

    private bool IsAwayForAWhile(ChaosStrike strike)
    {
        store.Strike(strike.Kind);
        _away.Add(strike.Kind);
        _struck.Add(new StruckFault(strike, null, run.Committed));
        var since = Stopwatch.GetTimestamp();
        _later.Add((() => run.Step >= strike.Step + strike.Steps || Stopwatch.GetElapsedTime(since) > LongestOutage, () => Heal(strike.Kind)));
        return true;
    }

    private void Heal(ChaosKind kind)
    {
        if (_away.Remove(kind))
        {
            store.Heal(kind);
            _struck.FindLast(fault => fault.Strike.Kind == kind)!.HealedAt = run.Step;
        }
    }

    private bool TakesEverything(ChaosStrike strike)
    {
        HealAll();
        run.Follow();
        if (IsTooLate)
        {
            return false;
        }

        var supervisor = _victims.Supervisor();
        var who = supervisor is { } pid && strike.Kind != ChaosKind.DiskFull ? _victims.SupervisorName(pid) : null;
        Observe();
        _struck.ForEach(fault => fault.CutShort());
        _downfall.Bring(strike, supervisor);
        _struck.Add(new StruckFault(strike, who, run.Committed));
        resume(run, strike.Workers, strike.Partitions);
        return true;
    }
}
