namespace AtomGrains.Chaos.Plans;

/// <summary>What a chaos plan does to a run. A new kind needs a line in <see cref="ChaosKinds"/>, one in the planner and one in the injector.</summary>
internal enum ChaosKind
{
    /// <summary>SIGKILL of a worker.</summary>
    Kill,

    /// <summary>SIGSTOP of a worker, for good.</summary>
    Pause,

    /// <summary>SIGSTOP of a worker, and SIGCONT once it has been fenced.</summary>
    PauseAndWake,

    /// <summary>SIGTERM of a worker: a notice of preemption.</summary>
    Notice,

    /// <summary>An exception out of a worker's tensor engine.</summary>
    Device,

    /// <summary>A worker's tensor engine aborts its process.</summary>
    DeviceAbort,

    /// <summary>The number of workers changes.</summary>
    Scale,

    /// <summary>
    /// SIGKILL of the supervisor; its successor comes by <c>--supervise</c> or by <c>--resume</c>. Of silos, who started them:
    /// they are resumed at once, while they live.
    /// </summary>
    Supervisor,

    /// <summary>Two of the others at once, or the second while the first is being got over.</summary>
    Two,

    /// <summary>The folder that checkpoints go to is away for some steps.</summary>
    StoreDown,

    /// <summary>The Azurite that checkpoints go to is ended and started again some steps later.</summary>
    AzureDown,

    /// <summary>The Azurite that checkpoints go to answers nothing for some steps, and then everything.</summary>
    StoreSlow,

    /// <summary>The disk of the checkpoints is full for some steps, or that of the run, which stops and is resumed.</summary>
    DiskFull,

    /// <summary>Everything is killed at once, and the run is resumed from a checkpoint.</summary>
    AllDie,

    /// <summary>The same, and the newest checkpoint is broken before the resume.</summary>
    TornCheckpoint,

    /// <summary>The supervisor is killed and nobody comes, until its nodes have given up; then the run is resumed from what they left.</summary>
    Orphans,

    /// <summary>SIGKILL of the silo that hosts the coordinator.</summary>
    Coordinator,
}
