using AtomGrains.Core.Data;

namespace AtomGrains.Local.Audit;

/// <summary>What an audit of a run's data has found.</summary>
/// <param name="Wrong">The first sample or step that was not taken exactly once; null when there is none.</param>
/// <param name="Steps">Steps of the surviving history that were gone through.</param>
/// <param name="Voided">Steps that were decided and given up at a rollback.</param>
/// <param name="Lineages">Histories that there were.</param>
/// <param name="Last">The epoch under way at the end.</param>
internal sealed record AuditResult(string? Wrong, long Steps, long Voided, int Lineages, EpochAudit Last);
