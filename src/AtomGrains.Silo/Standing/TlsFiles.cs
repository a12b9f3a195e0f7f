namespace AtomGrains.Silo.Standing;

/// <summary>The PEM files by which silos know each other; read again when they change.</summary>
/// <param name="Certificate">The silo's own, and those between it and its authority's.</param>
/// <param name="Authority">Of whoever signs the certificates of the cluster.</param>
internal sealed record TlsFiles(string Certificate, string Key, string Authority);
