using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Audits;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Core.Protocol.Partitions;

/// <summary>
/// One node's copy of one partition: collects lanes as primary, follows as backup, is filled as joiner. It obeys
/// PROTOCOL R2 to R4: it acts for its own generation alone, seals only what every replica of its view holds, and
/// advances by decisions only, so that two replicas at one version are equal bit for bit.
/// </summary>
public sealed partial class PartitionReplica
{
    // Blocks a joiner asks for at once: bounds what waits in front of a step's messages on one connection.
    private const int FillBlocksAtOnce = 4;

    // A sum whose sibling is on its way, and another. Where many workers share the lanes, more are made when they come.
    private const int PrimaryBuffers = 2;

    private readonly PartitionRange _range;
    private readonly ReplicaContext _context;
    private readonly ReplicaState _state;
    private readonly LaneStaging _staging;
    private readonly LaneAudits _audits;
    private readonly ReplicaProof _proof;
    private readonly HashSet<NodeId> _acknowledged = [];
    private readonly HashSet<int> _outstandingBlocks = [];
    private long _blocksAskedAt;
    private readonly Dictionary<NodeId, long> _pulls = [];
    private View _view;
    private PartitionSeal? _seal;
    private Reduced? _earlyReduced;
    private bool _sawEarly;
    private bool _reportedInSync;
    private int _silentTicks;

    public PartitionReplica(PartitionRange range, ReplicaContext context, View view)
    {
        _range = range;
        _context = context;
        _state = new ReplicaState(range, context.Parameters, context.Optimizer, context.Pool);
        _staging = new LaneStaging(context.Lanes, context.Pool, context.Rules);
        _audits = new LaneAudits(context.Seed, context.Pool, context.Rules);
        _proof = new ReplicaProof(range, BlocksOf(context.Parameters.Elements, range), context.Rules);
        _view = view;
        StartLineage();
    }

    public ReplicaState State => _state;

    public PartitionRole Role
    {
        get
        {
            var placement = _view.Placement(_range.Id);
            return placement.Primary == _context.Self ? PartitionRole.Primary
                : placement.Backup == _context.Self ? PartitionRole.Backup
                : placement.Joiner == _context.Self ? PartitionRole.Joiner
                : PartitionRole.None;
        }
    }

    /// <summary>Elements of a slice.</summary>
    public int Elements => _range.Elements;

    /// <summary>Slices that are usually held at once beside parameters and moments: what is staged, or what is reduced.</summary>
    public int UsualBuffers => Role == PartitionRole.Primary ? PrimaryBuffers : Role == PartitionRole.None ? 0 : 1;

    /// <summary>What this primary has sealed in its generation, for the step at hand.</summary>
    public PartitionSeal? Seal => _seal;

    /// <summary>Nodes whose acknowledgement a seal still waits for.</summary>
    public IEnumerable<NodeId> Awaited => Role != PartitionRole.Primary || _state.Reduced is null ? [] : Followers.Where(node => !_acknowledged.Contains(node));

    /// <summary>Lanes still missing from the step at hand.</summary>
    public IEnumerable<TreeNode> MissingLanes =>
        Collects ? _staging.Missing().SelectMany(node => _audits.Open.Any(node.CoversLane) ? Leaves(node) : [node]).Where(node => !IsOpenAudit(node)) : [];

    public ReplicaReport Report() =>
        new(_range.Id, _state.Version ?? throw new ProtocolViolationException($"{_range.Id} is recorded as a replica but was never filled"), _state.Reduced is not null, _state.Last);

    /// <summary>Takes up a view that names this node for the partition: the first one, or a newer one.</summary>
    public void Adopt(View view, Outbox outbox)
    {
        var old = _view;
        var wasPrimary = Role == PartitionRole.Primary;
        _view = view;
        if (view.Lineage != old.Lineage)
        {
            StartLineage();
        }
        else if (Role == PartitionRole.Joiner && !FillContinues(old))
        {
            _loading = null;
            _state.Reset(view.Lineage);
        }

        _acknowledged.Clear();
        _pulls.Clear();
        _seal = null;
        _earlyReduced = null;
        _silentTicks = 0;
        _reportedInSync = false;
        if (Role != PartitionRole.Primary)
        {
            ClearStaging();
        }

        Enter(outbox);
        AdoptAudits(outbox);
        if (!wasPrimary)
        {
            StoreIfAsked(outbox);
        }
    }

    private void Enter(Outbox outbox)
    {
        AskForSlice(outbox);
        if (!IsLoading && Role is not (PartitionRole.Joiner or PartitionRole.None) && !_state.IsComplete)
        {
            throw new ProtocolViolationException($"{_range.Id} is recorded as {Role} but lacks blocks of version {_state.Version}");
        }

        if (Role == PartitionRole.Primary)
        {
            SendReduced(outbox, Followers);
            TrySeal();
        }
        else if (Role == PartitionRole.Joiner)
        {
            AskForBlocks(outbox, again: true);
        }
    }

    public void Handle(NodeId from, TensorMessage message, Outbox outbox)
    {
        if (Stand.RefusalOf(from, message, _context.Rules) is { } reason)
        {
            _sawEarly |= reason == Refusal.Early;
            _context.Counters.Count(reason);
            outbox.Send(from, new Refused(_range.Id, _view.Generation, reason, _state.Version ?? -1));
            return;
        }

        if (IsLoading)
        {
            HandleWhileLoading(from, message);
            return;
        }

        switch (message)
        {
            case Push push:
                OnPush(push, outbox);
                break;
            case Pull pull:
                OnPull(from, pull, outbox);
                break;
            case Reduced reduced:
                OnReduced(from, reduced, outbox);
                break;
            case ReducedHeld held:
                OnReducedHeld(from, held, outbox);
                break;
            case FillWanted wanted:
                OnFillWanted(from, wanted, outbox);
                break;
            case FillBlock block:
                OnFillBlock(from, block, outbox);
                break;
            default:
                throw new ProtocolViolationException($"{message.GetType().Name} is not for a partition");
        }
    }

    /// <summary>A decision of this replica's own generation.</summary>
    /// <param name="viewFollows">Workers ask again under the next view, whose primaries answer; until then nobody is answered who asked before.</param>
    public void OnDecision(Decision decision, Outbox outbox, bool viewFollows = false)
    {
        if (_state.Version is not { } version || decision.Lineage != _state.Lineage)
        {
            return;
        }

        if (!_context.Rules.Applies(decision.Step, version))
        {
            StoreIfAskedLate(decision, outbox);
            return;
        }

        if (Role == PartitionRole.Joiner && decision.Kind == DecisionKind.Commit && _state.Reduced is null)
        {
            Refill(outbox);
            return;
        }

        _state.Advance(decision, _context.Rules.Updates(decision.Kind, _range.Id));
        ClearStaging();
        _acknowledged.Clear();
        _seal = null;
        _silentTicks = 0;
        AfterAdvance(outbox, viewFollows);
        StoreIfAsked(outbox);
    }

    /// <summary>Time has passed without a decision: whatever may have been lost on the way is sent again.</summary>
    public void OnTick(Outbox outbox)
    {
        if (IsLoading)
        {
            return;
        }

        if (Role == PartitionRole.Primary)
        {
            _silentTicks++;
            SendReduced(outbox, Awaited);
            TrySeal();
            AskForLanes(outbox);
        }
        else if (Role == PartitionRole.Joiner)
        {
            AskForBlocks(outbox, again: true);
        }
    }

    /// <summary>There may be something to spend on a fill again.</summary>
    public void GoOnFilling(Outbox outbox)
    {
        if (Role == PartitionRole.Joiner && !IsLoading && !_state.IsComplete)
        {
            AskForBlocks(outbox);
        }
    }

    /// <summary>Hashes at most so many blocks of what a seal is going to prove; returns how many it did.</summary>
    public int Prove(int most) => _context.Proves && Role == PartitionRole.Primary && !IsLoading && _seal is null ? _proof.Advance(_state, most) : 0;

    /// <summary>Bits of the lanes that are staged or reduced are dropped with the replica.</summary>
    public void Drop()
    {
        ClearStaging();
        _state.DropReduced();
    }

    private ReplicaStand Stand => new(_view.Generation, Role, _view.Placement(_range.Id), _state.Lineage, _state.Version, _state.Digest);

    private PartitionProof? Proof => _context.Proves ? _proof.Of(_state) : null;

    private IEnumerable<NodeId> Followers
    {
        get
        {
            var placement = _view.Placement(_range.Id);
            return new[] { placement.Backup, placement.Joiner }.OfType<NodeId>();
        }
    }

    // Who is recorded as a replica and has nothing of the lineage was named when it began: a later replica is filled
    // first. So its view is the first that could be installed, and nothing has been decided in the lineage.
    private void StartLineage()
    {
        ClearStaging();
        _sawEarly = false;
        _state.Reset(_view.Lineage);
        _loading = null;
        if (Role is not (PartitionRole.Primary or PartitionRole.Backup))
        {
            return;
        }

        if (_view.Origin is { } origin)
        {
            Load(origin);
        }
        else
        {
            _state.Begin(_view.Lineage, _context.InitialParameters(_range).Span);
        }
    }

    private void OnPush(Push push, Outbox outbox)
    {
        if (_state.Reduced is not null)
        {
            _context.Counters.DuplicatePushes++;
            return;
        }

        Stage(push, outbox);
        TryReduce(outbox);
    }

    private void TryReduce(Outbox outbox)
    {
        if (_staging.IsComplete && _context.Rules.MayReduce(_audits.AccusesSomebody(_view)))
        {
            var (mean, loss) = _staging.Reduce();
            _audits.Clear();
            var reduced = new ReducedSlice(mean, loss, SliceDigest.Of(mean));
            _state.Hold(reduced);
            SendReduced(outbox, Followers);
            reduced.SumsOfSquares(_range); // what the seal needs, while the slice is on its way
            TrySeal();
        }
    }

    private void OnPull(NodeId from, Pull pull, Outbox outbox)
    {
        if (pull.AtLeast > _state.Version)
        {
            _pulls[from] = pull.AtLeast;
        }
        else
        {
            outbox.Send(from, new ParameterSlice(_range.Id, _view.Generation, _state.Key, _state.Values));
        }
    }

    private void OnReduced(NodeId from, Reduced reduced, Outbox outbox)
    {
        Follow(reduced.Key, null);

        if (reduced.Key.Step < _state.Version)
        {
            // Applied already, under an older view: it was held, so the primary need not wait for it.
            if (_state.Last is { } last && last.Step == reduced.Key.Step && last.Previous == reduced.Key.Previous && _state.LastReduced is { } digest)
            {
                outbox.Send(from, new ReducedHeld(_range.Id, _view.Generation, reduced.Key, digest));
            }

            return;
        }

        if (reduced.Key.Step > _state.Version)
        {
            // The decision between is on its way on another connection; keep one step.
            _earlyReduced = (Reduced)reduced.Copy();
            return;
        }

        Keep(reduced);
        outbox.Send(from, new ReducedHeld(_range.Id, _view.Generation, reduced.Key, _state.Reduced!.Digest, Role == PartitionRole.Backup ? _state.ValuesDigest : null));
        if (Role == PartitionRole.Joiner)
        {
            AskForBlocks(outbox);
        }
    }

    private void Keep(Reduced reduced)
    {
        var copy = _context.Pool.Rent(reduced.Slice.Length);
        reduced.Slice.CopyTo(copy);
        _state.Hold(new ReducedSlice(copy, reduced.Loss, SliceDigest.Of(copy)));
    }

    private void OnReducedHeld(NodeId from, ReducedHeld held, Outbox outbox)
    {
        if (Role != PartitionRole.Primary || _state.Reduced is not { } reduced || held.Key != _state.Key)
        {
            return;
        }

        if (held.Digest != reduced.Digest)
        {
            _context.Counters.ReplicaMismatches++;
            SendReduced(outbox, [from]);
            return;
        }

        if (held.Parameters is { } theirs && !_context.Rules.Agree(theirs, _state.ValuesDigest))
        {
            // Not acknowledged: the step is not sealed on bits of which nobody knows which are right.
            _context.Counters.ReplicaMismatches++;
            outbox.Report(new ReplicasDiffer(_view.Generation, _range.Id, from, held.Key.Step));
            return;
        }

        _acknowledged.Add(from);
        TrySeal();
    }

    private void AfterAdvance(Outbox outbox, bool viewFollows = false)
    {
        if (Role == PartitionRole.Primary)
        {
            foreach (var (worker, _) in _pulls.Where(pull => !viewFollows && pull.Value <= _state.Version).ToList())
            {
                _pulls.Remove(worker);
                outbox.Send(worker, new ParameterSlice(_range.Id, _view.Generation, _state.Key, _state.Values));
            }

            if (_sawEarly)
            {
                // Workers that were ahead have pushed already and were refused.
                _sawEarly = false;
                AskForLanes(outbox);
            }

            TrySeal();
        }
        else if (_earlyReduced is { } early)
        {
            _earlyReduced = null;
            Handle(_view.Placement(_range.Id).Primary, early, outbox);
        }

        if (Role == PartitionRole.Joiner)
        {
            AskForBlocks(outbox);
        }
    }

    private static IEnumerable<TreeNode> Leaves(TreeNode node) => Enumerable.Range(node.FirstLane, node.LaneCount).Select(TreeNode.Leaf);

    private static int BlocksOf(int elements, PartitionRange range) => (elements + range.BlockElements - 1) / range.BlockElements;

    private void AskForLanes(Outbox outbox)
    {
        if (_state.Reduced is not null || _state.Version == _context.Steps)
        {
            return;
        }

        var missing = MissingLanes.ToList();
        foreach (var owner in missing.SelectMany(_view.OwnersOf).Distinct().ToList())
        {
            var theirs = missing.Where(node => _view.OwnersOf(node).Contains(owner)).ToList();
            outbox.Send(owner, new Want(_range.Id, _view.Generation, _state.Key, theirs));
        }

        AskForAudits(outbox);
    }

    private void SendReduced(Outbox outbox, IEnumerable<NodeId> to)
    {
        if (_state.Reduced is not { } reduced)
        {
            return;
        }

        foreach (var node in to.ToList())
        {
            outbox.Send(node, new Reduced(_range.Id, _view.Generation, _state.Key, reduced.Loss, reduced.Slice));
        }
    }

    private void TrySeal()
    {
        if (_seal is null && _state.Version == _context.Steps)
        {
            _seal = new PartitionSeal(_range.Id, _context.Steps, _state.Digest, [], 0, Proof);
        }

        if (_seal is not null || _state.Reduced is not { } reduced)
        {
            return;
        }

        if (_context.Rules.MaySeal(Followers.ToHashSet(), _acknowledged) || _context.Rules.MaySealAlone(_silentTicks))
        {
            _seal = new PartitionSeal(_range.Id, _state.Key.Step, _state.Digest, reduced.SumsOfSquares(_range), reduced.Loss, Proof);
        }
    }
}
