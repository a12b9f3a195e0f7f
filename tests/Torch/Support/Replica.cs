using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AtomGrains.Core.Runs;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Torch.Tests.Support;

/// <summary>A step loop with its seeded initial parameters loaded, over random samples.</summary>
internal static class Replica
{
    internal static StepLoop Create(RunSpec spec)
    {
        var train = new RandomSamples(1, 1000, spec.Model.Context, spec.Model.VocabularySize);
        var validation = new RandomSamples(2, 1000, spec.Model.Context, spec.Model.VocabularySize);
        var loop = new StepLoopFactory().Create(spec, train, validation, "cpu");
        loop.LoadParameters(Initial(loop));
        return loop;
    }

    internal static float[] Initial(StepLoop loop)
    {
        var flat = new float[loop.Layout.Elements];
        loop.InitialParameters(flat);
        return flat;
    }

    internal static LaneWork Lane(int lane, ulong seed = 5, int samples = 4) =>
        new(0, lane, seed, [.. Enumerable.Range(lane * samples, samples).Select(index => (long)index)]);

    internal static string Hash(ReadOnlySpan<float> values) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values)));
}
