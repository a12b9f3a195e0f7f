using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Protocol.Workers;

/// <summary>
/// One worker: pulls parameters, has its lanes computed, pushes whole subtrees, and keeps them until the step is
/// decided. It is stateless between steps: everything it holds can be computed again by anyone.
/// </summary>
public sealed partial class Worker(NodeId self, RunSpec spec, PartitionLayout layout, FloatPool pool, NodeTally counters)
{
    private readonly LaneAccumulator _lanes = new(spec.Lanes, pool);
    private readonly Dictionary<int, double> _evaluated = [];
    private readonly HashSet<int> _evaluating = [];
    private readonly HashSet<PartitionId> _missing = [];
    private readonly HashSet<int> _computing = [];
    private readonly SortedSet<int> _notFinite = [];
    private readonly LaneExchange _exchange = new(self);
    private float[] _parameters = new float[layout.Elements];
    private float[] _loaded = new float[layout.Elements];
    private View? _view;
    private StepKey? _assembling;
    private StepKey? _computed;
    private HashSet<int> _lanesAtStepStart = [];
    private bool _loading;
    private bool _decided;
    private bool _export;

    /// <summary>The step whose lanes this worker computes or has computed; null while it pulls.</summary>
    public StepKey? Step => _computed;

    /// <summary>Partitions whose parameters it still waits for.</summary>
    public IEnumerable<PartitionId> MissingParameters => _missing;

    /// <summary>Whether it stands still for want of them: the step that it was at is decided, or it is new.</summary>
    public bool AwaitsParameters => TakesPart && _missing.Count > 0 && (_decided || _computed is null);

    public void Adopt(View view, Outbox outbox)
    {
        var old = _view;
        _view = view;
        if (old is null || old.Lineage != view.Lineage)
        {
            Forget(outbox);
        }

        if (_computed is { } key && !_decided)
        {
            // Buffers are offered again under the new generation; what became ours is computed.
            _exchange.Adopt(view);
            _asked.Clear();
            foreach (var partial in _lanes.Finished.Values.ToList())
            {
                Push(partial, outbox);
            }

            Retarget(outbox);
            Compute(key, outbox);
            ReportAgain(key, outbox);
        }

        PullNext(outbox);
        PullMissing(outbox);
        AskForLane(outbox);
    }

    public void Handle(NodeId from, TensorMessage message, Outbox outbox)
    {
        if (_view is not { } view || message.Generation != view.Generation)
        {
            // An answer to a question of an older view; the question was asked again.
            counters.Count(Refusal.Decided);
            return;
        }

        switch (message)
        {
            case ParameterSlice slice:
                OnParameters(slice, outbox);
                break;
            case Want want:
                OnWant(want, outbox);
                break;
            case LaneAsked asked:
                OnLaneAsked(from, asked, outbox);
                break;
            case LanesHandedOver given:
                OnLanesHandedOver(given, outbox);
                break;
            default:
                throw new ProtocolViolationException($"{message.GetType().Name} is not for a worker");
        }
    }

    /// <summary>The step loop holds the parameters of <paramref name="key"/>; the buffer is the worker's again.</summary>
    public void OnParametersLoaded(StepKey key, Outbox outbox)
    {
        if (key == _computed)
        {
            _loading = false;
            PullNext(outbox);
        }
    }

    /// <summary>A decision was heard: what this worker holds for that step is of no use any more.</summary>
    public void OnDecided(Decision decision, Outbox outbox)
    {
        if (_computed is not { } key || key.Lineage != decision.Lineage || decision.Step < key.Step)
        {
            return;
        }

        _decided = true;
        if (_computing.Count > 0 || _evaluating.Count > 0)
        {
            outbox.Add(new CancelCompute());
        }

        DropStep();
        PullNext(outbox);
    }

    public void OnLaneComputed(StepKey key, int lane, float[] gradient, double loss, Outbox outbox)
    {
        _computing.Remove(lane);
        if (key != _computed || _decided)
        {
            pool.Return(gradient);
            return;
        }

        counters.LanesComputed++;
        if (_exchange.Taken.Contains(lane))
        {
            counters.LanesTaken++;
        }
        else if (!_lanesAtStepStart.Contains(lane) && _view!.LaneOwners[lane] == self)
        {
            counters.LanesRecomputed++;
        }

        if (_exchange.TakeBack(lane))
        {
            // It had been begun when it was handed over: whoever is first is taken.
            Retarget(outbox);
        }

        // What has the longest way goes first.
        var ranges = layout.Partitions.OrderBy(range => _view!.Placement(range.Id).Primary == self).ToDictionary(range => range.Flat);
        _lanes.Add(lane, gradient, loss, ranges.Keys, (partial, flat) => Push(partial, ranges[flat], outbox));
        ReportNotFinite(key, outbox);

        // Ask ahead: the answers come as soon as each partition has applied the decision.
        PullNext(outbox);
        AskForLane(outbox);
    }

    public void OnBatchEvaluated(StepKey key, int batch, double loss, Outbox outbox)
    {
        if (key != _computed || _decided)
        {
            return;
        }

        _evaluating.Remove(batch);
        _evaluated[batch] = loss;
        outbox.Report(new BatchEvaluated(key, batch, loss));
        PullNext(outbox);
        AskForLane(outbox);
    }

    public void OnReturnToStep(ReturnToStep back, Outbox outbox)
    {
        // Whoever heard the lost decision has dropped the step already.
        if (_computed is { } key && key.Lineage == back.Lineage && (key.Step > back.Step || (key.Step == back.Step && _decided)))
        {
            Forget(outbox);
            PullMissing(outbox);
        }
    }

    public void OnExport(ExportWeights export, Outbox outbox)
    {
        _export = true;
        Export(outbox);
    }

    /// <summary>Whatever may have been lost on the way is asked for again.</summary>
    public void OnTick(Outbox outbox)
    {
        PullMissing(outbox);
        if (_computed is { } key)
        {
            ReportAgain(key, outbox);
        }
    }

    // Beside the pushes, that the coordinator may know whose it is when the step comes to be decided.
    private void ReportNotFinite(StepKey key, Outbox outbox)
    {
        var lanes = _lanes.TakeNotFinite();
        if (lanes.Count > 0)
        {
            _notFinite.UnionWith(lanes);
            outbox.Report(new LanesNotFinite(key, lanes));
        }
    }

    private void ReportAgain(StepKey key, Outbox outbox)
    {
        foreach (var (batch, loss) in _evaluated)
        {
            outbox.Report(new BatchEvaluated(key, batch, loss));
        }

        if (_notFinite.Count > 0)
        {
            outbox.Report(new LanesNotFinite(key, [.. _notFinite]));
        }
    }

    private bool TakesPart => _view is { } view && view.Workers.Contains(self);

    private void OnParameters(ParameterSlice slice, Outbox outbox)
    {
        var key = slice.Key;
        if (key.Lineage != _view!.Lineage || key.Step <= _computed?.Step || key.Step < _assembling?.Step)
        {
            return;
        }

        if (_loading)
        {
            return;
        }

        if (_assembling is null || key.Step > _assembling.Value.Step)
        {
            // The first word of a newer version: the step before it is decided, so nobody needs our lanes of it.
            var restarts = _assembling is not null;
            _assembling = key;
            _missing.UnionWith(layout.Partitions.Select(range => range.Id));
            if (restarts)
            {
                PullMissing(outbox);
            }
        }

        if (!_missing.Remove(slice.Partition))
        {
            return;
        }

        var range = layout.Partitions[slice.Partition.Value];
        slice.Slice.Span.CopyTo(_parameters.AsSpan(range.Flat));
        if (_missing.Count == 0)
        {
            StartStep(outbox);
        }
    }

    private void StartStep(Outbox outbox)
    {
        var key = _assembling!.Value;
        _assembling = null;
        DropStep();
        _computed = key;
        _decided = false;
        _loading = true;
        (_parameters, _loaded) = (_loaded, _parameters);
        _lanesAtStepStart = [.. _view!.LanesOf(self)];
        outbox.Add(new LoadParameters(key, _loaded));
        _lanes.Target(LanesToSum, IsAudited);
        Compute(key, outbox);
        Export(outbox);
    }

    private void Compute(StepKey key, Outbox outbox)
    {
        if (key.Step < spec.Steps)
        {
            // A lane that has ended others comes last: what else this worker has to give is pushed by then.
            var wanted = LanesToSum.Where(lane => !_lanes.Holds(lane)).OrderBy(lane => _view!.IsSuspect(key.Step, lane)).ToList();
            if (!_computing.SetEquals(wanted))
            {
                _computing.Clear();
                _computing.UnionWith(wanted);
                outbox.Add(new ComputeLanes(key, wanted));
            }
        }

        if (EvaluationPlan.IsDue(key.Step, spec))
        {
            var batches = EvaluationPlan.BatchesOf(self, _view!, spec).Where(batch => !_evaluated.ContainsKey(batch)).ToList();
            if (!_evaluating.SetEquals(batches))
            {
                _evaluating.Clear();
                _evaluating.UnionWith(batches);
                outbox.Add(new EvaluateBatches(key, batches));
            }
        }

        PullNext(outbox);
    }

    private void PullNext(Outbox outbox)
    {
        var idle = _decided || (_computing.Count == 0 && _evaluating.Count == 0);
        if (_computed is { } key && key.Step < spec.Steps && idle && !_loading && _assembling is null && _missing.Count == 0)
        {
            _missing.UnionWith(layout.Partitions.Select(range => range.Id));
            PullMissing(outbox);
        }
    }

    private void PullMissing(Outbox outbox)
    {
        if (!TakesPart || _loading)
        {
            return;
        }

        var atLeast = _assembling?.Step ?? (_computed?.Step + 1 ?? 0);
        foreach (var partition in _missing.Order())
        {
            outbox.Send(_view!.Placement(partition).Primary, new Pull(partition, _view.Generation, _view.Lineage, atLeast));
        }
    }

    private void OnWant(Want want, Outbox outbox)
    {
        if (want.Key != _computed || _decided)
        {
            return;
        }

        TakeBackLost(want, outbox);
        TakeAsked(want, outbox);
        foreach (var partial in _lanes.Finished.Values.Where(partial => want.Nodes.Any(node => node.Covers(partial.Node) || partial.Node.Covers(node))))
        {
            Push(partial, outbox, want.Partition);
        }

        Compute(_computed.Value, outbox);
    }

    private void Push(LanePartial partial, Outbox outbox, PartitionId? only = null)
    {
        foreach (var range in layout.Partitions.Where(range => only is null || only == range.Id))
        {
            Push(partial, range, outbox);
        }
    }

    private void Push(LanePartial partial, PartitionRange range, Outbox outbox)
    {
        // Losses travel with the pushes to partition 0.
        var loss = range.Id.Value == 0 ? partial.Loss : 0;
        var slice = partial.Sum.AsMemory(range.Flat);
        outbox.Send(_view!.Placement(range.Id).Primary, new Push(range.Id, _view.Generation, _computed!.Value, partial.Node, loss, slice, self));
    }

    private void Export(Outbox outbox)
    {
        if (_export && _computed is { } key && key.Step == spec.Steps)
        {
            outbox.Add(new WriteWeights(key, _loaded));
        }
    }

    private void Forget(Outbox outbox)
    {
        DropStep();
        _computed = null;
        _assembling = null;
        _export = false;
        _decided = false;
        _loading = false;
        _missing.Clear();
        _missing.UnionWith(layout.Partitions.Select(range => range.Id));
        outbox.Add(new CancelCompute());
    }

    private void DropStep()
    {
        _lanes.Clear();
        _exchange.Clear();
        _asked.Clear();
        _computing.Clear();
        _notFinite.Clear();
        _evaluated.Clear();
        _evaluating.Clear();
    }
}
