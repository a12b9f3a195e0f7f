using AtomGrains.Core.Data;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Runs;

namespace AtomGrains.Node.Workers;

/// <summary>
/// The one thread on which a worker's step loop runs. It takes the newest orders of the worker's machine and reports
/// each result to the node's actor; between two lanes it sees whether it was told otherwise.
/// </summary>
internal sealed class StepThread : IDisposable
{
    // Autograd of a deep model recurses; 16 MiB is what PyTorch's own threads get on large systems.
    private const int StackBytes = 16 << 20;

    private const int ComputeNice = 10;

    // In the middle of a float's 23 bits after the point: nothing that a person would see in a loss.
    private const uint FlippedBit = 1 << 12;

    private readonly Func<IStepLoop> _create;
    private readonly SamplePlan _plan;
    private readonly IStepEvents _events;
    private readonly object _gate = new();
    private readonly Queue<int> _lanes = [];
    private readonly HashSet<int> _begun = [];
    private readonly Queue<int> _batches = [];
    private readonly Stack<float[]> _gradients = [];
    private LoadParameters? _load;
    private StepKey _key;
    private DeviceFault? _fault;
    private readonly LaneMark _mark;
    private bool _spoils;
    private bool _flips;
    private bool _stopping;

    /// <param name="create">Creates the step loop, on the thread that will call it.</param>
    /// <param name="mark">Shows which lane is being computed.</param>
    public StepThread(Func<IStepLoop> create, RunSpec spec, IStepEvents events, LaneMark mark)
    {
        _mark = mark;
        _create = create;
        _plan = new SamplePlan(spec);
        _events = events;
    }

    public void Start() => new Thread(Run, StackBytes) { IsBackground = true, Name = "step loop" }.Start();

    public void Load(LoadParameters load)
    {
        lock (_gate)
        {
            _load = load;
            _begun.Clear();
            _lanes.Clear();
            _batches.Clear();
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>
    /// Replaces the lanes still to be computed. One that has been begun with these parameters is not begun again: what it comes
    /// to is told, or was told and not heard yet by an actor with much to do.
    /// </summary>
    public void Compute(ComputeLanes compute)
    {
        lock (_gate)
        {
            _lanes.Clear();
            foreach (var lane in compute.Lanes.Where(lane => !_begun.Contains(lane)))
            {
                _lanes.Enqueue(lane);
            }

            Monitor.Pulse(_gate);
        }
    }

    public void Evaluate(EvaluateBatches evaluate)
    {
        lock (_gate)
        {
            _batches.Clear();
            foreach (var batch in evaluate.Batches)
            {
                _batches.Enqueue(batch);
            }

            Monitor.Pulse(_gate);
        }
    }

    public void Cancel()
    {
        lock (_gate)
        {
            _lanes.Clear();
            _batches.Clear();
        }
    }

    /// <summary>Makes the tensor engine fail at the next lane.</summary>
    public void Fail(DeviceFault fault)
    {
        lock (_gate)
        {
            _fault = fault;
        }
    }

    /// <summary>Writes a NaN into the gradient of the next lane.</summary>
    public void Spoil()
    {
        lock (_gate)
        {
            _spoils = true;
        }
    }

    /// <summary>Flips a bit of the gradient of every lane from the next one on.</summary>
    public void Flip()
    {
        lock (_gate)
        {
            _flips = true;
        }
    }

    /// <summary>A gradient buffer to compute into, in place of one that went out with a lane.</summary>
    public void Supply(float[] gradient)
    {
        lock (_gate)
        {
            _gradients.Push(gradient);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        try
        {
            // Sockets and the actor go first when the processor is shared: a round trip of a small message took 16 µs
            // at the 50th and 4 ms at the 99th percentile beside a computing thread of equal priority.
            Signals.LowerPriorityOfThisThread(ComputeNice);
            using var loop = _create();
            _events.OnStepLoopReady(loop, WarmUp(loop));
            while (Next(loop) is { } work)
            {
                work();
            }
        }
        catch (Exception error)
        {
            // Whatever the engine throws, this replica can no longer be trusted: the process reports it and ends.
            _events.OnStepLoopFailed(error);
        }
    }

    // The first lane of a process pays for memory, kernels and compilation; a worker joins when that is behind it.
    private float[] WarmUp(IStepLoop loop)
    {
        var initial = new float[loop.Layout.Elements];
        loop.InitialParameters(initial);
        loop.LoadParameters(initial);
        _mark.Begin(0, 0);
        loop.ComputeLane(_plan.WorkOf(0, 0), new float[initial.Length]);
        _mark.End();
        return initial;
    }

    // Waits for an order; null ends the thread.
    private Action? Next(IStepLoop loop)
    {
        lock (_gate)
        {
            while (!_stopping && _load is null && _lanes.Count == 0 && _batches.Count == 0)
            {
                Monitor.Wait(_gate);
            }

            if (_stopping)
            {
                return null;
            }

            if (_fault is { } fault && _lanes.Count > 0)
            {
                _fault = null;
                loop.InjectFault(fault);
            }

            if (_load is { } load)
            {
                _load = null;
                _key = load.Key;
                return () => LoadNow(loop, load);
            }

            var key = _key;
            if (_lanes.TryDequeue(out var lane))
            {
                _begun.Add(lane);
                return () => ComputeNow(loop, key, lane);
            }

            var batch = _batches.Dequeue();
            return () => _events.OnBatchEvaluated(key, batch, loop.Evaluate(_plan.ValidationBatch(batch)));
        }
    }

    private void LoadNow(IStepLoop loop, LoadParameters load)
    {
        loop.LoadParameters(load.Flat);
        _events.OnParametersLoaded(load.Key);
    }

    private void ComputeNow(IStepLoop loop, StepKey key, int lane)
    {
        var gradient = RentGradient(loop.Layout.Elements);
        _mark.Begin(key.Step, lane);
        var loss = loop.ComputeLane(_plan.WorkOf(key.Step, lane), gradient);
        _mark.End();
        if (TakeSpoil())
        {
            gradient[0] = float.NaN;
        }

        if (Flips)
        {
            FlipABit(gradient);
        }

        _events.OnLaneComputed(key, lane, gradient, loss);
    }

    private bool Flips
    {
        get
        {
            lock (_gate)
            {
                return _flips;
            }
        }
    }

    // Of an element that says something: what a lane did not touch is zero, and a zero with a low bit set vanishes in a sum.
    private static void FlipABit(Span<float> gradient)
    {
        var at = gradient.IndexOfAnyExcept(0f);
        ref var element = ref gradient[Math.Max(at, 0)];
        element = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(element) ^ FlippedBit);
    }

    private bool TakeSpoil()
    {
        lock (_gate)
        {
            var spoils = _spoils;
            _spoils = false;
            return spoils;
        }
    }

    private float[] RentGradient(int elements)
    {
        lock (_gate)
        {
            return _gradients.TryPop(out var gradient) ? gradient : new float[elements];
        }
    }
}
