using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Nodes;

namespace AtomGrains.Simulator;

/// <summary>A node process: Core's own machine, and a step loop that takes virtual time.</summary>
internal sealed class SimulatedNode(Member member, NodeMachine machine, Simulation simulation, EffectCarrier carrier, SimulatedGradient gradients, SimulatedSamples samples, LyingDevice liar, bool salted, Func<StepKey, int, bool> endsBy)
{
    // A message's way and back, several times over; then the lane takes what it lacks from the file.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(3);

    private readonly Queue<Action> _stopped = [];
    private float[]? _parameters;
    private Queue<int> _lanes = [];
    private Queue<int> _batches = [];
    private StepKey _key;
    private int _job;
    private bool _busy;
    private bool _hangs;
    private int? _lane;
    private ulong _attempt;

    public Member Member { get; } = member;

    public NodeId Id => Member.Node;

    public NodeMachine Machine { get; } = machine;

    public SimulatedSamples Samples { get; } = samples;

    public bool IsAlive { get; private set; } = true;

    public bool IsPaused { get; private set; }

    /// <summary>The lane that is being computed, with its step.</summary>
    public (long Step, int Lane)? Lane => _busy && _lane is { } lane ? (_key.Step, lane) : null;

    /// <summary>The step loop is at work.</summary>
    public bool IsBusy => _busy;

    public void End()
    {
        IsAlive = false;
        _stopped.Clear();
    }

    public void Pause() => IsPaused = true;

    /// <summary>The step loop does nothing from here on, and says nothing of what it was at.</summary>
    public void Hang()
    {
        _hangs = true;
        _job++;
    }

    public void Wake()
    {
        IsPaused = false;
        while (IsAlive && !IsPaused && _stopped.TryDequeue(out var action))
        {
            action();
        }
    }

    /// <summary>Runs an event of this process now, or when it goes on; never if it has ended.</summary>
    public void Run(Action<NodeMachine, Outbox> handle)
    {
        if (!IsAlive)
        {
            return;
        }

        if (IsPaused)
        {
            _stopped.Enqueue(() => Run(handle));
            return;
        }

        var outbox = new Outbox();
        handle(Machine, outbox);
        carrier.CarryOut(this, outbox);
    }

    public void Load(LoadParameters load)
    {
        _key = load.Key;
        Cancel();
        _parameters = (float[])load.Flat.Clone();
        simulation.After(simulation.Random.Between(0, 1), () =>
        {
            if (!_hangs)
            {
                Run((machine, outbox) => machine.OnParametersLoaded(load.Key, outbox));
            }
        });
    }

    public void Compute(ComputeLanes compute)
    {
        _lanes = new Queue<int>(compute.Lanes);
        Continue();
    }

    public void Evaluate(EvaluateBatches evaluate)
    {
        _batches = new Queue<int>(evaluate.Batches);
        Continue();
    }

    public void Cancel()
    {
        _job++;
        _busy = false;
        _lanes.Clear();
        _batches.Clear();
    }

    private void Continue()
    {
        if (_busy || _hangs || (_lanes.Count == 0 && _batches.Count == 0))
        {
            return;
        }

        _busy = true;
        var job = _job;
        var key = _key;
        var isLane = _lanes.TryDequeue(out var work) || !_batches.TryDequeue(out work);
        _lane = isLane ? work : null;
        if (isLane)
        {
            AwaitSamples(job, key, work, simulation.Now + Patience);
        }
        else
        {
            Compute(job, key, work, isLane);
        }
    }

    private void AwaitSamples(int job, StepKey key, int lane, TimeSpan until)
    {
        if (Samples.Has(key.Step, lane) || simulation.Now >= until)
        {
            Samples.Take(key.Step, lane);
            Compute(job, key, lane, isLane: true);
            return;
        }

        simulation.After(Look, () => Run((_, _) =>
        {
            if (job == _job)
            {
                AwaitSamples(job, key, lane, until);
            }
        }));
    }

    private void Compute(int job, StepKey key, int work, bool isLane) =>
        simulation.After(simulation.Random.Between(2, 8), () => Run((machine, outbox) =>
        {
            if (job != _job)
            {
                return;
            }

            if (isLane && endsBy(key, work))
            {
                return;
            }

            _busy = false;
            if (isLane)
            {
                var gradient = machine.Pool.Rent(_parameters!.Length);
                var salt = salted ? Bits.Mix((ulong)Id.Value, ++_attempt) : 0;
                gradients.Compute(key, work, salt, _parameters, gradient);
                liar.Touch(Member, key, work, gradient);
                machine.OnLaneComputed(key, work, gradient, SimulatedGradient.Loss(work), outbox);
            }
            else
            {
                machine.OnBatchEvaluated(key, work, _parameters![work % _parameters.Length], outbox);
            }

            Continue();
        }));
}
