using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Partitions;
using AtomGrains.Core.Protocol.Shards;
using AtomGrains.Core.Protocol.Workers;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Protocol.Nodes;

/// <summary>
/// The actors of one node: a worker and the partition replicas that its view names. It delivers messages, keeps
/// those of a view it has yet to hear of, and reports for all its actors at once, so that the coordinator gets one
/// report a node and step.
/// </summary>
public sealed class NodeMachine
{
    // Enough for every worker's re-offer to every partition of a node while one view is on its way.
    private const int MostHeld = 1024;

    // Four workers with two subtrees each, for the quarter of the partitions that is here, come to two flat vectors.
    private const int MostHeldVectors = 4;

    // A small model on many workers: not worth a refusal.
    private const long FewHeldBytes = 16 << 20;

    // Heartbeat intervals without a decision after which what may be lost is sent again. Connections lose nothing
    // while they stand, so this is rare, and a long step must not set it off needlessly often.
    private const int QuietTicks = 5;

    // After that the worker waits for somebody who is late, and a fill is not in its way.
    private const int FillsHeldTicks = 2;

    // A quarter of a million parameters: under a millisecond, which is all that hashing keeps a message waiting.
    private const int HashedElementsAtOnce = 1 << 18;

    private readonly Member _member;
    private readonly NodeId _self;
    private readonly PartitionLayout _layout;
    private readonly ReplicaContext _context;
    private readonly Worker _worker;
    private readonly ShardDesk _shards;
    private readonly MessageShape _shape;
    private readonly SortedDictionary<PartitionId, PartitionReplica> _replicas = [];
    private readonly HeldMessages _held;
    private readonly Queue<TensorMessage> _toSelf = [];
    private readonly NodeTally _tally = new();
    private readonly SortedDictionary<PartitionId, SliceStored> _stored = [];
    private readonly int _blocksAtOnce;
    private View? _view;
    private long _sealedReported = -1;
    private long _lastDecided = -1;
    private Decision? _atBackups;
    private int _quietTicks;
    private bool _adopting;
    private bool _leaving;

    /// <param name="proves">Whether seals carry hashes of the parameters.</param>
    /// <param name="refillBytesPerSecond">What copies of partitions that come to this node may take of its network.</param>
    public NodeMachine(
        Member self, RunSpec spec, ParameterLayout parameters, Func<PartitionRange, ReadOnlyMemory<float>> initialParameters, ProtocolRules rules, bool proves = true,
        long refillBytesPerSecond = FillBudget.UsualBytesPerSecond)
    {
        _member = self;
        _self = self.Node;
        _layout = new PartitionLayout(parameters.Elements, spec.BlockElements, spec.Partitions);
        Pool = new FloatPool();
        _context = new ReplicaContext(_self, spec.Lanes, parameters, new AdamW(spec.Optimizer), new FloatPool(), rules, initialParameters, _tally, spec.Steps, proves, new FillBudget(refillBytesPerSecond, () => IsBetweenSteps && _quietTicks < FillsHeldTicks), spec.Seed);
        _blocksAtOnce = Math.Max(1, HashedElementsAtOnce / spec.BlockElements);
        _held = new HeldMessages(MostHeld, Math.Max(FewHeldBytes, MostHeldVectors * sizeof(float) * (long)parameters.Elements));
        _worker = new Worker(_self, spec, _layout, Pool, _tally);
        _shape = new MessageShape(spec, _layout);
        _shards = new ShardDesk(_self, spec, rules, _tally);
    }

    /// <summary>Buffers of the length of the flat vector; gradients handed to <see cref="OnLaneComputed"/> come from it.</summary>
    public FloatPool Pool { get; }

    public Generation Generation => _view?.Generation ?? Generation.None;

    public View? View => _view;

    public IReadOnlyDictionary<PartitionId, PartitionReplica> Replicas => _replicas;

    public NodeCounters Counters => _tally.Snapshot();

    /// <summary>The step that the worker is at, or null.</summary>
    public StepKey? Step => _worker.Step;

    /// <summary>Says to a coordinator that this node is ready; repeated whenever the connection to it is new.</summary>
    public void Introduce(Outbox outbox) => outbox.Report(new NodeReady(_member.Address, _member.Slot, _member.Host));

    public void HandleControl(ControlMessage message, Outbox outbox)
    {
        _context.Lent.TakeBack();
        ApplyAtBackups(outbox);
        switch (message)
        {
            case AdoptView adopt:
                OnAdopt(adopt.View, outbox);
                break;
            case Messages.Introduce:
                Introduce(outbox);
                break;
            case Decide decide:
                OnDecide(decide, outbox);
                break;
            case SayWhatYouWaitFor asked when asked.Generation == Generation:
                outbox.Report(new WaitsFor(
                    Generation,
                    [.. _replicas.Values.SelectMany(replica => replica.MissingLanes).Distinct()],
                    [.. _replicas.Values.SelectMany(replica => replica.Awaited).Distinct()],
                    [.. _worker.MissingParameters],
                    [.. _replicas.Values.SelectMany(replica => replica.AwaitedAuditors).Distinct()]));
                break;
            case SayWhatYouWaitFor:
                break;
            case ReturnToStep back when back.Generation == Generation:
                _worker.OnReturnToStep(back, outbox);
                break;
            case ReturnToStep:
                break;
            case ExportWeights export when export.Generation == Generation:
                _worker.OnExport(export, outbox);
                break;
            case ExportWeights:
                break;
            case Dismiss dismiss when dismiss.Generation >= Generation:
                outbox.Add(new EndNode(dismiss.Reason));
                break;
            case Dismiss:
                break;
            default:
                throw new ProtocolViolationException($"{message.GetType().Name} is not for a node");
        }

        Settle(outbox);
    }

    /// <summary>False for a message that no node of this run sends: its sender is broken, and <see cref="HandleTensor"/> is not for it.</summary>
    public bool Understands(TensorMessage message) => _shape.Fits(message);

    /// <summary>Of the longest slice in a message that it understands.</summary>
    public long MostFloats => _shape.MostFloats;

    public void HandleTensor(NodeId from, TensorMessage message, Outbox outbox)
    {
        _context.Lent.TakeBack();
        Deliver(from, message, outbox);
        Settle(outbox);
        Prove();
    }

    public void OnParametersLoaded(StepKey key, Outbox outbox)
    {
        _worker.OnParametersLoaded(key, outbox);
        ApplyAtBackups(outbox);
        GoOnFilling(outbox);
        Settle(outbox);
        Prove();
    }

    public void OnLaneComputed(StepKey key, int lane, float[] gradient, double loss, Outbox outbox)
    {
        _worker.OnLaneComputed(key, lane, gradient, loss, outbox);
        Settle(outbox);
        Prove();
    }

    public void OnBatchEvaluated(StepKey key, int batch, double loss, Outbox outbox)
    {
        _worker.OnBatchEvaluated(key, batch, loss, outbox);
        Settle(outbox);
    }

    /// <summary>A part of the checkpoint that this node's lineage begins from.</summary>
    public void OnSliceLoaded(CheckpointId checkpoint, PartitionId partition, SliceContent content, Outbox outbox)
    {
        if (_replicas.TryGetValue(partition, out var replica) && replica.IsLoading)
        {
            replica.OnLoaded(checkpoint, content, outbox);
            _sealedReported = -1;
            ReportAdopted(outbox);
            Settle(outbox);
        }
    }

    /// <summary>Whether this node reports the end of each step: it is the primary of a partition.</summary>
    public bool Seals => _replicas.Values.Any(replica => replica.Role == PartitionRole.Primary);

    /// <summary>Samples of shards that are leased to this node, for who wants them.</summary>
    /// <param name="tokens">[samples × tokens a sample], the machine's from now on.</param>
    public void OnSamplesRead(ReadSamples read, ReadOnlyMemory<ushort> tokens, Outbox outbox) => _shards.OnRead(read, tokens, outbox);

    /// <summary>A slice is in the store. It is said again under each new view: a new coordinator has not heard it.</summary>
    public void OnSliceStored(SliceStored stored, Outbox outbox)
    {
        _stored[stored.Slice.Partition] = stored;
        outbox.Report(stored);
    }

    /// <summary>A slice did not get into the store.</summary>
    public static void OnSliceNotStored(SliceNotStored missing, Outbox outbox) => outbox.Report(missing);

    public void OnWeightsWritten(StepKey key, string sha256, Outbox outbox) =>
        outbox.Report(new WeightsExported(key.Lineage, key.Step, sha256));

    /// <summary>The process was asked to end: hands over before it does.</summary>
    public void OnLeaveRequested(Outbox outbox)
    {
        _leaving = true;
        outbox.Report(new LeaveRequested());
    }

    /// <summary>One heartbeat interval has passed.</summary>
    /// <param name="now">On a clock that does not go back.</param>
    public void OnTick(TimeSpan now, Outbox outbox)
    {
        ApplyAtBackups(outbox);
        _context.Fills.Tick(now);
        GoOnFilling(outbox);
        outbox.Report(new Heartbeat(Generation, Counters));
        if (_leaving)
        {
            outbox.Report(new LeaveRequested());
        }

        if (!_held.IsEmpty)
        {
            outbox.Report(new ViewWanted(Generation));
        }

        _shards.OnTick(outbox);
        if (_view is not null && ++_quietTicks >= QuietTicks)
        {
            _quietTicks = 0;
            foreach (var replica in _replicas.Values)
            {
                replica.OnTick(outbox);
            }

            _sealedReported = -1;
            _worker.OnTick(outbox);
        }

        Settle(outbox);
        if (!IsBetweenSteps)
        {
            ProvideBuffer();
        }
    }

    // All workers stand still as this one does, until each has its parameters: what can wait comes after. What a view means for
    // the worker here is known once it has adopted it, which is behind the replicas.
    private bool IsBetweenSteps => _adopting || _worker.AwaitsParameters;

    private void GoOnFilling(Outbox outbox)
    {
        foreach (var replica in _replicas.Values)
        {
            replica.GoOnFilling(outbox);
        }
    }

    // For what has come to this node in the newest views, one a tick: lanes are computed, or there is time.
    private void ProvideBuffer() =>
        _ = _replicas.Values.GroupBy(replica => replica.Elements).Any(alike => _context.Pool.Provide(alike.Key, alike.Sum(replica => replica.UsualBuffers)));

    private void Deliver(NodeId from, TensorMessage message, Outbox outbox)
    {
        if (message is Refused refused)
        {
            OnRefused(refused, outbox);
        }
        else if (message.Generation > Generation)
        {
            Hold(from, message);
        }
        else if (message is ShardMessage samples)
        {
            _shards.Handle(from, samples, outbox);
        }
        else if (message is ParameterSlice or Want or WorkerMessage)
        {
            _worker.Handle(from, message, outbox);
        }
        else if (_replicas.TryGetValue(message.Partition, out var replica))
        {
            if (replica.Role != PartitionRole.Primary)
            {
                ApplyAtBackups(outbox);
            }

            replica.Handle(from, message, outbox);
        }
        else
        {
            var reason = message.Generation < Generation ? Refusal.Stale : Refusal.NotPrimary;
            _tally.Count(reason);
            outbox.Send(from, new Refused(message.Partition, Generation, reason, -1));
        }
    }

    private void Hold(NodeId from, TensorMessage message)
    {
        if (!_held.TryAdd(from, message))
        {
            _tally.Count(Refusal.Behind);
        }
    }

    private void OnRefused(Refused refused, Outbox outbox)
    {
        if (refused.Generation > Generation)
        {
            outbox.Report(new ViewWanted(Generation));
        }
    }

    private void OnAdopt(View view, Outbox outbox)
    {
        if (view.Generation < Generation)
        {
            return;
        }

        if (view.Generation > Generation)
        {
            _view = view;
            _sealedReported = -1;
            _quietTicks = 0;
            _lastDecided = -1;
            _adopting = true;
            AdoptReplicas(view, outbox);
            _shards.Adopt(view, outbox);
            _worker.Adopt(view, outbox);
            _adopting = false;
            GoOnFilling(outbox);
            foreach (var stored in _stored.Values.Where(stored => stored.Before.Lineage == view.Lineage))
            {
                outbox.Report(stored);
            }
        }

        ReportAdopted(outbox);
        Replay(view.Generation, outbox);
    }

    // A replica that is still being loaded has nothing to report, and nothing may be decided without it.
    private void ReportAdopted(Outbox outbox)
    {
        var recorded = _view!.ReplicasOn(_self).Where(_replicas.ContainsKey).Select(partition => _replicas[partition]).ToList();
        if (!recorded.Exists(replica => replica.IsLoading))
        {
            outbox.Report(new Adopted(_view.Generation, [.. recorded.Select(replica => replica.Report())]));
        }
    }

    private void AdoptReplicas(View view, Outbox outbox)
    {
        foreach (var range in _layout.Partitions)
        {
            var placement = view.Placement(range.Id);
            var named = placement.IsReplica(_self) || placement.Joiner == _self;
            if (_replicas.TryGetValue(range.Id, out var replica))
            {
                if (named)
                {
                    replica.Adopt(view, outbox);
                }
                else
                {
                    replica.Drop();
                    _replicas.Remove(range.Id);
                }
            }
            else if (named)
            {
                replica = _context.Rules.Named(_self, range.Id, () => new PartitionReplica(range, _context, view));
                _replicas.Add(range.Id, replica);
                replica.Adopt(view, outbox);
            }
        }
    }

    private void Replay(Generation generation, Outbox outbox)
    {
        foreach (var (from, message) in _held.Take(generation))
        {
            Deliver(from, message, outbox);
        }
    }

    private void OnDecide(Decide decide, Outbox outbox)
    {
        if (!_context.Rules.IsCurrent(decide.Generation, Generation))
        {
            _tally.Count(decide.Generation < Generation ? Refusal.Stale : Refusal.Behind);
            return;
        }

        if (decide.Decision.Step > _lastDecided)
        {
            _lastDecided = decide.Decision.Step;
            _quietTicks = 0;
        }

        foreach (var replica in _replicas.Values.Where(replica => replica.Role == PartitionRole.Primary))
        {
            replica.OnDecision(decide.Decision, outbox, decide.ViewFollows);
        }

        _worker.OnDecided(decide.Decision, outbox);
        _atBackups = decide.Decision;
        if (!_worker.MissingParameters.Any())
        {
            ApplyAtBackups(outbox);
        }
    }

    // Workers wait for what the primaries send on having applied a decision; nobody waits for a backup. So backups come
    // after this node's worker has its parameters, and before anything else happens that could ask for their state.
    private void ApplyAtBackups(Outbox outbox)
    {
        if (_atBackups is { } decision)
        {
            _atBackups = null;
            foreach (var replica in _replicas.Values.Where(replica => replica.Role != PartitionRole.Primary))
            {
                replica.OnDecision(decision, outbox);
            }
        }
    }

    // While workers compute, and never between a decision and the parameters that they wait for.
    private void Prove()
    {
        if (_atBackups is not null || _worker.MissingParameters.Any())
        {
            return;
        }

        var left = _blocksAtOnce;
        foreach (var replica in _replicas.Values)
        {
            left -= left > 0 ? replica.Prove(left) : 0;
        }
    }

    // Messages among this node's own actors need no wire; then all seals go out in one report.
    private void Settle(Outbox outbox)
    {
        for (outbox.TakeMessagesTo(_self, _toSelf); _toSelf.TryDequeue(out var message); outbox.TakeMessagesTo(_self, _toSelf))
        {
            Deliver(_self, message, outbox);
        }

        // Told last, of whatever the worker has come to.
        if (outbox.Effects.OfType<ComputeLanes>().LastOrDefault() is { } compute)
        {
            _shards.OnLanes(compute, outbox);
        }

        ReportSeals(outbox);
    }

    private void ReportSeals(Outbox outbox)
    {
        if (_view is null)
        {
            return;
        }

        // After a fault some primaries may be one step behind the others: theirs is the step to seal.
        var primaries = _replicas.Values.Where(replica => replica.Role == PartitionRole.Primary).ToList();
        var step = primaries.Select(replica => replica.State.Version).Min() ?? -1;
        primaries.RemoveAll(replica => replica.State.Version != step);
        if (primaries.Count == 0 || primaries.Any(replica => replica.Seal is null))
        {
            return;
        }

        if (step != _sealedReported)
        {
            _sealedReported = step;
            outbox.Report(new Sealed(Generation, _view.Lineage, [.. primaries.Select(replica => replica.Seal!)]));
        }
    }
}
