using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Simulator;

/// <summary>
/// Stands for a model: gradients are a function of parameters, step and lane, so a wrong history shows in the
/// weights. The first elements of each block say in exact numbers what a reduced slice was made of, whatever else is
/// wrong and however it is salted: a stamp of the step and its history, the same for all lanes, and the lanes
/// counted in base 4. Losses count the lanes in the same way.
/// </summary>
internal sealed class SimulatedGradient(PartitionLayout layout, SimulationOptions options)
{
    // 4^8 lanes fit a float32's 24 bits with room for the mean's division, which is exact.
    private const int LanesPerCounter = 8;

    // Times 64 lanes it fits a float32's 24 bits as well.
    private const int Stamps = 4096;

    private readonly int _lanes = options.Lanes;
    private readonly int _counters = (options.Lanes + LanesPerCounter - 1) / LanesPerCounter;

    public static double Loss(int lane) => Math.Pow(4, lane % 16) + (lane / 16);

    public double ExpectedLoss => Enumerable.Range(0, _lanes).Sum(Loss) / _lanes;

    /// <param name="salt">Zero, or something that no other computation of the lane has.</param>
    public void Compute(StepKey key, int lane, ulong salt, ReadOnlySpan<float> parameters, Span<float> gradient)
    {
        for (var i = 0; i < gradient.Length; i++)
        {
            var noise = Bits.Mix((ulong)key.Step, (ulong)lane, (ulong)i, salt) >> 40;
            gradient[i] = (0.01f * parameters[i]) + ((noise / (float)(1 << 24)) - 0.5f);
        }

        if (options.SkipEvery > 0 && key.Step % options.SkipEvery == options.SkipEvery - 1 && lane == _lanes - 1)
        {
            gradient[layout.BlockElements - 1] = float.NaN;
        }

        for (var first = 0; first < gradient.Length; first += layout.BlockElements)
        {
            gradient[first] = Stamp(key);
            for (var counter = 0; counter < _counters && first + counter + 1 < gradient.Length; counter++)
            {
                gradient[first + counter + 1] = lane / LanesPerCounter == counter ? MathF.Pow(4, lane % LanesPerCounter) : 0;
            }
        }
    }

    /// <summary>What is wrong with a reduced slice of this step, or null: it holds each lane of it exactly once.</summary>
    public string? Fault(StepKey key, ReadOnlySpan<float> mean)
    {
        for (var first = 0; first < mean.Length; first += layout.BlockElements)
        {
            for (var counter = 0; counter < _counters && first + counter + 1 < mean.Length; counter++)
            {
                var count = Math.Min(LanesPerCounter, _lanes - (counter * LanesPerCounter));
                if (mean[first + counter + 1] != Enumerable.Range(0, count).Sum(lane => MathF.Pow(4, lane)) / _lanes)
                {
                    return "holds a lane twice or not at all";
                }
            }

            if (mean[first] != Stamp(key))
            {
                return "holds lanes of another step or history";
            }
        }

        return null;
    }

    // A repeated step has to have the bits of the first time, so only salted bits may tell one history from another.
    private float Stamp(StepKey key) =>
        (options.Salted ? Bits.Mix((ulong)key.Lineage.Began.Value, (ulong)key.Step, key.Previous.Value) : Bits.Mix((ulong)key.Step)) % Stamps;
}
