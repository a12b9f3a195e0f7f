namespace AtomGrains.Grains;

/// <summary>What can be wanted of a run. The numbers are part of the wire contract.</summary>
public enum RunOrderKind
{
    /// <summary>Another number of workers, from the next step on.</summary>
    Scale = 0,

    /// <summary>A checkpoint of where it stands, and then no devices until it is resumed.</summary>
    Pause = 1,

    /// <summary>Devices again, from that checkpoint on.</summary>
    Resume = 2,

    /// <summary>The end before the last step, with a checkpoint of where it stands. It cannot be resumed.</summary>
    Stop = 3,

    /// <summary>
    /// Devices again, from the newest checkpoint on, with the job's build and the machine of the silo that joined last: for a
    /// run of which nothing lives. Bits may change from there.
    /// </summary>
    ResumeInNewEnvironment = 4,
}
