namespace AtomGrains.Core.Membership;

/// <summary>What a host knows of a process that ended in the middle of a lane.</summary>
/// <param name="IsOwnDoing">By its exit status it ended itself: a fault of its own code, no signal from outside.</param>
/// <param name="Step">The step that the lane is of.</param>
/// <param name="Lane">The lane that was being computed.</param>
public sealed record NodeDeath(bool IsOwnDoing, long Step, int Lane);
