using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Runs;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>A model without a tensor engine: its gradients depend on parameters, samples and seed, and on nothing else.</summary>
/// <param name="computes">Hears of every lane, on the thread that computes it.</param>
internal sealed class FakeStepLoop(Action? computes = null) : IStepLoop
{
    public const int Elements = 512;

    private readonly float[] _flat = new float[Elements];

    public ParameterLayout Layout { get; } = new([new ParameterEntry("weight", [Elements], 0, true)]);

    public static string Export(ReadOnlyMemory<float> flat) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(flat.Span)));

    public void InitialParameters(Span<float> flat)
    {
        for (var i = 0; i < flat.Length; i++)
        {
            flat[i] = MathF.Sin(i);
        }
    }

    public void LoadParameters(ReadOnlySpan<float> flat) => flat.CopyTo(_flat);

    public double ComputeLane(LaneWork work, Span<float> gradient)
    {
        computes?.Invoke();
        var target = (work.SampleIndices.Sum() % 97) + (long)(work.Seed % 13);
        for (var i = 0; i < gradient.Length; i++)
        {
            gradient[i] = (_flat[i] - target) / (i + 1);
        }

        return Math.Abs(_flat[0] - (double)target);
    }

    public double Evaluate(IReadOnlyList<long> sampleIndices) => _flat[0] + sampleIndices.Sum();

    public void InjectFault(DeviceFault fault) => throw new NotSupportedException("a fake cannot really fail");

    public void Dispose()
    {
    }
}
