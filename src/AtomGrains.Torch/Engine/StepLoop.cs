using AtomGrains.Core.Data;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Runs;
using AtomGrains.Torch.Jobs;
using TorchSharp;
using static TorchSharp.torch;

namespace AtomGrains.Torch.Engine;

/// <summary>
/// Computes lanes of a <see cref="TrainingJob"/> on one device. Equal parameters and equal work give equal bits, in
/// any order, in any process of the same <see cref="EngineDescription"/>. Not safe for two threads at once.
/// </summary>
public sealed class StepLoop : IStepLoop
{
    // Torch's generator belongs to the process: from its seeding to the last draw of a forward pass, no other replica
    // of this process may draw. One replica a process, the normal case, never waits.
    private static readonly Lock Generator = new();

    private readonly TrainingJob _job;
    private readonly RunSpec _spec;
    private readonly SampleBatches _train;
    private readonly SampleBatches _validation;
    private readonly Device _device;
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly FlatParameters _parameters;
    private DeviceFault? _armed;
    private int _threadPrepared = -1;

    /// <param name="device"><c>cpu</c> or <c>cuda:N</c>.</param>
    /// <exception cref="ArgumentException">The device isn't there, or the samples do not fit the model.</exception>
    public StepLoop(TrainingJob job, RunSpec spec, ISampleSource train, ISampleSource validation, string device)
    {
        _job = job;
        _spec = spec;
        _device = TensorEngine.RequireDevice(device);
        _train = new SampleBatches(train, spec.Model, _device);
        _validation = new SampleBatches(validation, spec.Model, _device);
        PrepareThread();
        using var scope = NewDisposeScope();
        lock (Generator)
        {
            _model = MoveToDevice(job.CreateModel(spec));
        }

        _parameters = new FlatParameters(_model, _device);
    }

    public ParameterLayout Layout => _parameters.Layout;

    public void InitialParameters(Span<float> flat)
    {
        var random = new InitialRandom(_spec.Seed);
        foreach (var entry in Layout.Entries)
        {
            _job.Initialize(_spec, entry, random, flat.Slice(entry.ElementOffset, entry.Elements));
        }
    }

    public void LoadParameters(ReadOnlySpan<float> flat) => _parameters.Load(flat);

    public double ComputeLane(LaneWork work, Span<float> gradient)
    {
        PrepareThread();
        using var scope = NewDisposeScope(); // exactly one micro-batch
        if (_armed is { } fault)
        {
            _armed = null;
            TensorEngine.Fail(fault, _device);
        }

        _parameters.ZeroGradient();
        var (tokens_BT, targets_BT) = _train.Read(work.SampleIndices);
        var loss = SeededLoss(work.Seed, tokens_BT, targets_BT);
        loss.backward();
        _parameters.FetchGradient(gradient);
        return loss.ToDouble();
    }

    public double Evaluate(IReadOnlyList<long> sampleIndices)
    {
        ArgumentOutOfRangeException.ThrowIfZero(sampleIndices.Count);
        PrepareThread();
        using var noGrad = no_grad();
        _model.eval();
        try
        {
            var sum = 0.0;
            foreach (var batch in sampleIndices.Chunk(_spec.GlobalBatch))
            {
                using var scope = NewDisposeScope();
                var (tokens_BT, targets_BT) = _validation.Read(batch);
                sum += batch.Length * _job.Loss(_model.call(tokens_BT), targets_BT).ToDouble();
            }

            return sum / sampleIndices.Count;
        }
        finally
        {
            _model.train();
        }
    }

    /// <summary>Continues <paramref name="prompt"/> with the loaded parameters; see <see cref="Sampler.Generate"/>.</summary>
    public IReadOnlyList<long> Generate(IReadOnlyList<long> prompt, int count, double temperature, int topK, ulong seed)
    {
        PrepareThread();
        return new Sampler(_model, _spec.Model, _device).Generate(prompt, count, temperature, topK, seed);
    }

    /// <summary>Makes the engine fail, really, in the next <see cref="ComputeLane"/>.</summary>
    public void InjectFault(DeviceFault fault) => _armed = fault;

    public void Dispose()
    {
        _model.Dispose();
        _parameters.Dispose();
    }

    private Tensor SeededLoss(ulong seed, Tensor tokens_BT, Tensor targets_BT)
    {
        lock (Generator)
        {
            manual_seed((long)seed);
            return _job.Loss(_model.call(tokens_BT), targets_BT);
        }
    }

    private nn.Module<Tensor, Tensor> MoveToDevice(nn.Module<Tensor, Tensor> model) =>
        _device.type == DeviceType.CPU ? model : model.to(_device);

    // OpenMP keeps its thread count for each thread of ours; the order of a product's sums depends on it.
    private void PrepareThread()
    {
        if (_threadPrepared == Environment.CurrentManagedThreadId)
        {
            return;
        }

        set_num_threads(_spec.ThreadsPerWorker);
        if (_device.type == DeviceType.CUDA)
        {
            backends.cuda.matmul.allow_tf32 = false; // a run's bits must not hang on a default that has changed before
        }

        _threadPrepared = Environment.CurrentManagedThreadId;
    }
}
