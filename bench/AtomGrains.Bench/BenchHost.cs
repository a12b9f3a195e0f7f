namespace AtomGrains.Bench;

/// <summary>What hosts the runs that are measured.</summary>
internal enum BenchHost
{
    /// <summary>A supervisor and its processes.</summary>
    Local,

    /// <summary>Silos.</summary>
    Orleans,
}
