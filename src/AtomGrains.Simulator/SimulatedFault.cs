namespace AtomGrains.Simulator;

public enum SimulatedFault
{
    /// <summary>A node's process ends.</summary>
    Crash,

    /// <summary>Two nodes end at once.</summary>
    DoubleCrash,

    /// <summary>A node stops for long enough to be fenced, then goes on where it stopped.</summary>
    PauseAndWake,

    /// <summary>A node stops for a moment only.</summary>
    ShortPause,

    /// <summary>A node and some others don't hear each other for a while.</summary>
    TwoWayPartition,

    /// <summary>Messages from one node to another are lost for a while.</summary>
    OneWayPartition,

    /// <summary>Two nodes never hear each other again, and everybody else does hear both.</summary>
    BrokenLink,

    /// <summary>A node's step loop does nothing any more; its heartbeats go on.</summary>
    HungLoop,

    /// <summary>The number of workers changes.</summary>
    Scale,

    /// <summary>A node asks to leave.</summary>
    Leave,

    /// <summary>The coordinator's process ends; another one starts from the register.</summary>
    CoordinatorCrash,

    /// <summary>Every process ends, the coordinator's included; the run is resumed from its newest whole checkpoint.</summary>
    EverythingDies,

    /// <summary>The store of checkpoints is away for a while.</summary>
    StoreOutage,

    /// <summary>The newest checkpoint loses bits.</summary>
    TornCheckpoint,
}
