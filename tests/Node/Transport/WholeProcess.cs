namespace AtomGrains.Node.Tests.Transport;

/// <summary>Tests that count what the whole process has open: no other test runs beside them.</summary>
[CollectionDefinition(nameof(WholeProcess), DisableParallelization = true)]
public sealed class WholeProcess;
