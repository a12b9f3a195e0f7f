using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Data;
using AtomGrains.Core.Lanes;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Partitions;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Protocol.Replays;

/// <summary>
/// A run on one replica: every lane, one partition, no messages, and otherwise the code of a run of any size. So what it
/// computes from a version's parameters is, bit for bit, what the run has to have computed. One thread, the step loop's.
/// </summary>
public sealed class Replayer
{
    private readonly RunSpec _spec;
    private readonly IStepLoop _loop;
    private readonly SamplePlan _plan;
    private readonly PartitionLayout _layout;
    private readonly PartitionRange _whole;
    private readonly ReplicaState _state;
    private readonly LineageOrigin? _origin;
    private readonly FloatPool _pool = new();
    private readonly LaneAccumulator _lanes;
    private readonly LaneStaging _staging;

    /// <param name="from">Where to begin.</param>
    public Replayer(RunSpec spec, IStepLoop loop, ParameterState from)
    {
        _spec = spec;
        _loop = loop;
        _plan = new SamplePlan(spec);
        _layout = new PartitionLayout(loop.Layout.Elements, spec.BlockElements, 1);
        _whole = _layout.Partitions[0];
        _lanes = new LaneAccumulator(spec.Lanes, _pool);
        _staging = new LaneStaging(spec.Lanes, _pool, ProtocolRules.Safe);
        _state = new ReplicaState(_whole, loop.Layout, new AdamW(spec.Optimizer), _pool);
        _state.Begin(from.Lineage, from.Version, from.Content);
        _origin = from.Origin;
    }

    /// <summary>The step that would be computed next.</summary>
    public long Version => _state.Key.Step;

    /// <summary>Hashes of the blocks of this version's parameters, in order.</summary>
    public IReadOnlyList<Sha256> Leaves => [.. Enumerable.Range(0, _whole.Blocks).Select(block => Sha256.OfBlock(_state.Values.AsSpan()[_whole.Block(block)]))];

    public Sha256 Root => BlockTree.Root(Leaves);

    /// <summary>Computes one lane of the step at hand, which stays at hand.</summary>
    public ReplayedLane Lane(int lane)
    {
        _loop.LoadParameters(_state.Values);
        var (computed, gradient) = Compute(lane);
        _pool.Return(gradient);
        return computed;
    }

    /// <summary>Computes the step at hand and goes on to the next.</summary>
    public ReplayedStep Step()
    {
        var lanes = new List<ReplayedLane>();
        _loop.LoadParameters(_state.Values);
        _lanes.Target(Enumerable.Range(0, _spec.Lanes));
        for (var lane = 0; lane < _spec.Lanes; lane++)
        {
            var (computed, gradient) = Compute(lane);
            lanes.Add(computed);
            _lanes.Add(lane, gradient, computed.Loss, [Range.All], (partial, _) => _staging.Offer(partial.Node, partial.Sum, partial.Loss));
        }

        _lanes.Clear();
        var (mean, loss) = _staging.Reduce();
        var reduced = new ReducedSlice(mean, loss, SliceDigest.Of(mean));
        _state.Hold(reduced);
        var key = _state.Key;
        var seal = new PartitionSeal(_whole.Id, key.Step, key.Previous, reduced.SumsOfSquares(_whole), loss);
        var decision = DecisionMaker.Decide(_spec, _layout, key.Lineage, key.Step, _state.Last, [seal], _origin);
        _state.Advance(decision, ProtocolRules.Safe.Updates(decision.Kind, _whole.Id));
        return new ReplayedStep(decision, lanes);
    }

    private (ReplayedLane Lane, float[] Gradient) Compute(int lane)
    {
        var gradient = _pool.Rent(_whole.Elements);
        var work = _plan.WorkOf(Version, lane);
        var loss = _loop.ComputeLane(work, gradient);
        return (new ReplayedLane(lane, loss, Math.Sqrt(_layout.SumOfSquares(_whole.SumsOfSquares(gradient))), work.SampleIndices), gradient);
    }
}
