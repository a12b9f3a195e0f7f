using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;

namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>How the coordinator behaves in time; nothing in here changes a bit of the weights.</summary>
public sealed record CoordinatorOptions
{
    /// <summary>Workers that shall own lanes; further nodes are spares.</summary>
    public int Workers { get; init; } = 4;

    /// <summary>Nodes kept beyond the workers, warm, to take the place of a lost one at once.</summary>
    public int Spares { get; init; }

    /// <summary>Whether a partition has a backup. Without, the loss of any node rolls the run back to its newest checkpoint.</summary>
    public bool Replicas { get; init; } = true;

    public HeartbeatOptions Heartbeat { get; init; } = new();

    public StepPaceOptions Pace { get; init; } = new();

    /// <summary>How long the first view waits for all workers once one is ready. A process needs a few seconds to start.</summary>
    public TimeSpan StartGrace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the first view waits for spares once the workers are ready: they started together.</summary>
    public TimeSpan SpareGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a new coordinator waits to hear from the nodes of its predecessor's view.</summary>
    public TimeSpan TakeOverGrace { get; init; } = TimeSpan.FromMilliseconds(1500);

    /// <summary>
    /// How long a node that was asked to end waits for a step bound to hand over at; then its lanes move in the middle of a
    /// step, of which only the one at hand is computed again. A sixth of the usual notice, since partitions follow.
    /// </summary>
    public TimeSpan HandOverAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a node that was asked to end keeps a copy that another node has as well and that nobody is there to take; then
    /// it is let go. Two thirds of the usual notice, in which one to take it may be found and start; at its end the node would
    /// be gone all the same, and not in order.
    /// </summary>
    public TimeSpan LetGoAfter { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a partition without a living replica waits for a silent one before the run rolls back (PROTOCOL R5).</summary>
    public TimeSpan RollbackAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Silence of the whole step after which what may be lost is sent again; connections lose nothing, so it is rare.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromMilliseconds(700);

    /// <summary>Null for a run without checkpoints.</summary>
    public CheckpointOptions? Checkpoints { get; init; }

    /// <summary>How long a run that is given up waits for a checkpoint of where it stands.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Skipped steps in a row that stop the run: one is bad luck, so many are a broken model, data or learning rate.</summary>
    public int MaximumSkipsInRow { get; init; } = 5;

    /// <summary>How long a skip waits for the names of the lanes that are not finite: they come before the seal, or are lost with their worker.</summary>
    public TimeSpan SkipGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Workers that one lane may end; the last of them has nothing else to lose.</summary>
    public int MaximumDeathsOfALane { get; init; } = 3;

    /// <summary>How long a lane that has ended a worker waits for one that holds no only copy. A process needs a few seconds to start.</summary>
    public TimeSpan HoldSuspectsFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Share of lanes that two workers compute, from 0 to 1.</summary>
    public double AuditShare { get; init; }

    /// <summary>What is done about steps that a device with wrong bits took part in. They are kept unless somebody asks: giving them up is what the run exists to avoid.</summary>
    public WrongBitsPolicy OnWrongBits { get; init; }

    /// <summary>How long the word that a lane stays undecided is let stand: another primary may have the leaf that decides, or one of the two may just be gone.</summary>
    public TimeSpan DecideAfter { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a lane that two computed with other bits waits for a third worker. A process needs a few seconds to start.</summary>
    public TimeSpan DecideWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Views in a row, beyond two for each member, that may pass without a step decided for the first time. Every
    /// death costs a view, so a burst of them is no reason to give up.
    /// </summary>
    public int MaximumViewsWithoutStep { get; init; } = 64;
}
