namespace AtomGrains.Node.Storage;

/// <summary>What whoever starts a run's silos has seen of one: how its process ended, or that a check of its device has failed since.</summary>
/// <param name="Silo">Its number in the set of silos, and its device's.</param>
/// <param name="Node">Which lived in it; null when none did.</param>
/// <param name="Kind">In the fault ledger's words; of a check <see cref="FaultLedger.CheckKind"/>.</param>
/// <param name="Cause">What it said of its failure, or what else there is to say; null when there is nothing.</param>
/// <param name="Forgives">It had served long: what its device did before counts no more.</param>
public sealed record SiloEnd(int Silo, int? Node, string Kind, string? Cause, bool Forgives = false);
