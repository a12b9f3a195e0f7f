namespace AtomGrains.Core.Options;

/// <summary>What <c>--fault</c> does to a worker's process, or to the world.</summary>
public enum FaultKind
{
    /// <summary><c>kill</c>: SIGKILL.</summary>
    Kill,

    /// <summary><c>kill:supervisor</c>: SIGKILL to who coordinates, on the local host.</summary>
    KillSupervisor,

    /// <summary><c>kill:coordinator</c>: SIGKILL to the silo that hosts the run grain, on the Orleans host.</summary>
    KillCoordinator,

    /// <summary><c>stop</c>: SIGSTOP, for good.</summary>
    Stop,

    /// <summary><c>stop+wake</c>: SIGSTOP, and SIGCONT after the replacement has joined.</summary>
    StopAndWake,

    /// <summary><c>exit</c>: SIGTERM, a notice to leave in order.</summary>
    Exit,

    /// <summary><c>device</c>: the tensor engine throws.</summary>
    Device,

    /// <summary><c>device-abort</c>: the tensor engine takes the process along, by SIGABRT.</summary>
    DeviceAbort,

    /// <summary><c>nan</c>: one element of the gradient of the worker's next lane becomes NaN.</summary>
    NotANumber,

    /// <summary><c>flip</c>: one bit of the gradient changes, of the worker's next lane and of every one after it.</summary>
    Flip,

    /// <summary><c>scale=N</c>: the number of workers becomes N.</summary>
    Scale,
}
