namespace AtomGrains.Core.Membership;

/// <summary>
/// How far audits speak for a device: what it computed of steps before <paramref name="Step"/> is not suspect. A process that
/// follows another on it inherits that.
/// </summary>
/// <param name="Slot">The worker's number, by which its host knows the device.</param>
public sealed record Trust(int Slot, long Step);
