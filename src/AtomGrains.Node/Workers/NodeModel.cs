using AtomGrains.Core.Runs;
using AtomGrains.Node.Shards;

namespace AtomGrains.Node.Workers;

/// <summary>What a node needs of the tensor engine, so that it need not know it.</summary>
/// <param name="Create">Creates the step loop, on the thread that will call it.</param>
/// <param name="Export">Writes the final weights ([elements] float32) and returns their SHA-256.</param>
/// <param name="Samples">Where the step loop has its training samples from; null for one that has them from elsewhere. The node disposes it.</param>
public sealed record NodeModel(Func<IStepLoop> Create, Func<IStepLoop, ReadOnlyMemory<float>, string> Export, SampleHost? Samples = null);
