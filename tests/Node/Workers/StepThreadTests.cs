using System.Collections.Concurrent;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Workers;
using Xunit;

namespace AtomGrains.Node.Tests.Workers;

public sealed class StepThreadTests : IDisposable
{
    private const int Elements = 4;

    private static readonly RunSpec Spec = new()
    {
        Lanes = 8,
        GlobalBatch = 8,
        Model = new ModelSpec(),
        Optimizer = new OptimizerSpec(),
        Evaluation = new EvaluationSpec(),
        Data = new DataSpec { TrainSamples = 100 },
    };

    private readonly Loop _loop = new();
    private readonly Reports _reports = new();
    private readonly StepThread _thread;

    public StepThreadTests()
    {
        _thread = new StepThread(() => _loop, Spec, _reports, new LaneMark(null));
        _loop.Go.Release(); // the lane of the warm-up
        _thread.Start();
    }

    public void Dispose()
    {
        _loop.Go.Release(100);
        _thread.Dispose();
    }

    [Fact]
    public void ALaneThatIsAskedForAgainBeforeItsResultIsHeardIsComputedOnce()
    {
        _thread.Load(new LoadParameters(Key(3), new float[Elements]));
        _thread.Compute(new ComputeLanes(Key(3), [0, 1]));
        _loop.Go.Release();
        Assert.Equal(0, _reports.NextLane());

        // The actor has much to do: it has not heard of lane 0, and gives lane 1 away, which is being computed.
        _thread.Compute(new ComputeLanes(Key(3), [0, 2]));
        _loop.Go.Release(3);

        Assert.Equal([1, 2], [_reports.NextLane(), _reports.NextLane()]);
        _thread.Compute(new ComputeLanes(Key(3), [0, 1, 2, 5]));
        Assert.Equal(5, _reports.NextLane());
    }

    [Fact]
    public void OtherParametersBeginTheirLanesAnew()
    {
        foreach (var step in (long[])[3, 4])
        {
            _thread.Load(new LoadParameters(Key(step), new float[Elements]));
            _thread.Compute(new ComputeLanes(Key(step), [0]));
            _loop.Go.Release();
            Assert.Equal(0, _reports.NextLane());
        }
    }

    private static StepKey Key(long step) => new(new Lineage(new Generation(1)), step, DecisionDigest.Genesis(new Lineage(new Generation(1))));

    private sealed class Loop : IStepLoop
    {
        public SemaphoreSlim Go { get; } = new(0);

        public ParameterLayout Layout { get; } = new([new ParameterEntry("weight", [Elements], 0, true)]);

        public void InitialParameters(Span<float> flat) => flat.Clear();

        public void LoadParameters(ReadOnlySpan<float> flat)
        {
        }

        public double ComputeLane(LaneWork work, Span<float> gradient)
        {
            Go.Wait();
            return 0;
        }

        public double Evaluate(IReadOnlyList<long> sampleIndices) => 0;

        public void InjectFault(DeviceFault fault) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }

    private sealed class Reports : IStepEvents
    {
        private readonly BlockingCollection<int> _lanes = [];

        public int NextLane() => _lanes.TryTake(out var lane, TimeSpan.FromSeconds(10)) ? lane : throw new TimeoutException("no lane was computed");

        public void OnStepLoopReady(IStepLoop loop, float[] initial)
        {
        }

        public void OnStepLoopFailed(Exception error)
        {
        }

        public void OnParametersLoaded(StepKey key)
        {
        }

        public void OnLaneComputed(StepKey key, int lane, float[] gradient, double loss) => _lanes.Add(lane);

        public void OnBatchEvaluated(StepKey key, int batch, double loss)
        {
        }
    }
}
