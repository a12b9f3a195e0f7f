using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Simulator;

/// <summary>
/// Stands for a model: gradients are a function of parameters, step and lane, so a wrong history shows in the
/// weights. The first elements of each partition count the lanes in base 4, exactly: a lane that is forgotten or
/// counted twice shows in the sum whatever else is wrong. Losses count them in the same way.
/// </summary>
public sealed class SimulatedGradient(PartitionLayout layout, int lanes)
{
    // 4^8 lanes fit a float32's 24 bits with room for the mean's division, which is exact.
    private const int LanesPerCounter = 8;

    public static double Loss(int lane) => Math.Pow(4, lane % 16);

    public double ExpectedLoss => Enumerable.Range(0, lanes).Sum(Loss) / lanes;

    public void Compute(StepKey key, int lane, ulong salt, ReadOnlySpan<float> parameters, Span<float> gradient)
    {
        for (var i = 0; i < gradient.Length; i++)
        {
            var noise = Bits.Mix((ulong)key.Step, (ulong)lane, (ulong)i, salt) >> 40;
            gradient[i] = (0.01f * parameters[i]) + ((noise / (float)(1 << 24)) - 0.5f);
        }

        foreach (var range in layout.Partitions)
        {
            for (var counter = 0; counter < Counters(range); counter++)
            {
                gradient[range.FirstElement + counter] = lane / LanesPerCounter == counter ? MathF.Pow(4, lane % LanesPerCounter) : 0;
            }
        }
    }

    /// <summary>Whether a reduced slice holds each lane exactly once.</summary>
    public bool CountsEachLaneOnce(PartitionRange range, ReadOnlySpan<float> mean)
    {
        for (var counter = 0; counter < Counters(range); counter++)
        {
            var count = Math.Min(LanesPerCounter, lanes - (counter * LanesPerCounter));
            var expected = Enumerable.Range(0, Math.Max(count, 0)).Sum(lane => MathF.Pow(4, lane)) / lanes;
            if (mean[counter] != expected)
            {
                return false;
            }
        }

        return true;
    }

    private int Counters(PartitionRange range) => Math.Min(range.Elements, (lanes + LanesPerCounter - 1) / LanesPerCounter);
}
