using AtomGrains.Core.Runs;

namespace AtomGrains.Node.Workers;

/// <summary>What a node needs of the tensor engine, so that it need not know it.</summary>
/// <param name="Create">Creates the step loop, on the thread that will call it.</param>
/// <param name="Export">Writes the final weights ([elements] float32) and returns their SHA-256.</param>
public sealed record NodeModel(Func<IStepLoop> Create, Func<IStepLoop, ReadOnlyMemory<float>, string> Export);
