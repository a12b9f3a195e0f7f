using AtomGrains.Core.Options;

namespace AtomGrains.Clustering.Tls;

/// <summary>What a silo's port says of this process's certificate.</summary>
/// <param name="IsTaken">Each end has taken the other's.</param>
/// <param name="Fault">Why not, where that is certain; null where nobody can tell.</param>
internal sealed record TlsVerdict(bool IsTaken, SettingError? Fault = null);
