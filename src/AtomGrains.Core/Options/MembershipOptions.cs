namespace AtomGrains.Core.Options;

/// <summary>
/// How soon the silos of a cluster give up one that is silent: paused, or cut off. One that is killed is noticed by its
/// connections, at once.
/// </summary>
public sealed record MembershipOptions
{
    /// <summary>
    /// How long a silo waits for another's answer. Half of the usual was too little: on two cores with a load of 20, silos
    /// that were starting were declared dead.
    /// </summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Answers in a row whose lack is a death. One is a busy machine, and so are two on one that starts several silos; a wrong
    /// death costs no step, but the restart of a process.
    /// </summary>
    public int MissedProbes { get; init; } = 3;
}
