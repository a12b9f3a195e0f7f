using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AtomGrains.Core.Runs;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Torch.Bench;

/// <summary>One fixed lane: its bits, to be compared between processes and machines, and its failure.</summary>
public static class LaneHash
{
    /// <summary>Prints the hash of the initial parameters, the bits of the loss and the hash of the gradient.</summary>
    public static void Print()
    {
        using var loop = Create(out var parameters);
        var gradient = new float[loop.Layout.Elements];
        var loss = loop.ComputeLane(Work, gradient);
        Console.WriteLine($"{Hash(parameters)} {BitConverter.DoubleToInt64Bits(loss):x16} {Hash(gradient)}");
    }

    /// <summary>Computes the lane with an injected abort: does not return.</summary>
    public static void Abort()
    {
        using var loop = Create(out _);
        loop.InjectFault(DeviceFault.Abort);
        loop.ComputeLane(Work, new float[loop.Layout.Elements]);
    }

    private static LaneWork Work => new(0, 0, 42, [.. Enumerable.Range(0, 12).Select(k => k * 100L)]);

    private static StepLoop Create(out float[] parameters)
    {
        var spec = NanoGptParity.Spec(vocabulary: 65, steps: 1, seed: 1337);
        spec = spec with { Model = spec.Model with { Dropout = 0.1 } };
        var stream = Enumerable.Range(0, 5000).Select(k => (long)(k * k % 65)).ToArray();
        var windows = new TokenWindows(stream, spec.Model.Context);
        var loop = new StepLoopFactory().Create(spec, windows, windows, "cpu");
        parameters = new float[loop.Layout.Elements];
        loop.InitialParameters(parameters);
        loop.LoadParameters(parameters);
        return loop;
    }

    private static string Hash(float[] values) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values.AsSpan())));
}
