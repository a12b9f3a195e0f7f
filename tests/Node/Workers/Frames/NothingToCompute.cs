using AtomGrains.Core.Parameters;
using AtomGrains.Core.Runs;

namespace AtomGrains.Node.Tests.Workers.Frames;

/// <summary>A model that takes no time: where what a node hears is tested, and not what it computes.</summary>
internal sealed class NothingToCompute : IStepLoop
{
    public const int Elements = 512;

    public ParameterLayout Layout { get; } = new([new ParameterEntry("vector", [Elements], 0, true)]);

    /// <summary>What each element is before the first step.</summary>
    public static float Initial(int element) => (element * 0.25f) - 17;

    public void InitialParameters(Span<float> flat)
    {
        for (var element = 0; element < flat.Length; element++)
        {
            flat[element] = Initial(element);
        }
    }

    public void LoadParameters(ReadOnlySpan<float> flat)
    {
    }

    public double ComputeLane(LaneWork work, Span<float> gradient)
    {
        gradient.Fill(work.SampleIndices[0]);
        return 1;
    }

    public double Evaluate(IReadOnlyList<long> sampleIndices) => 1;

    public void InjectFault(DeviceFault fault) => throw new NotSupportedException("there is nothing here that could fail");

    public void Dispose()
    {
    }
}
