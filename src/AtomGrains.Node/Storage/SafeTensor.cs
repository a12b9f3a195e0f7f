namespace AtomGrains.Node.Storage;

/// <summary>One float32 tensor of a file.</summary>
/// <param name="Shape">Sizes, outermost first; empty for a scalar.</param>
/// <param name="Values">Row-major.</param>
public sealed record SafeTensor(string Name, IReadOnlyList<long> Shape, float[] Values);
