using AtomGrains.Torch.Engine;

namespace AtomGrains.Commands;

/// <summary>What must be alike for bits to be alike, besides the spec, as one line: <c>run.json</c> records it.</summary>
internal static class BitsClass
{
    public static string Of(EngineDescription engine) =>
        $"{engine.Device} libtorch {engine.LibTorch} {engine.Blas} {engine.BlasCore} {engine.CpuCapability} threads {engine.Threads}";
}
