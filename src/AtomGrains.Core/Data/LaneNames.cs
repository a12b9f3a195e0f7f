using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Data;

/// <summary>Lanes of a step and the samples in them, in words: for who has to find what is wrong with the data.</summary>
public static class LaneNames
{
    /// <param name="lanes">At least one; no more than the spec has.</param>
    /// <param name="most">Samples that are named; of more, the number alone is said.</param>
    public static string Of(RunSpec spec, long step, IReadOnlyCollection<int> lanes, int most = int.MaxValue)
    {
        var plan = new SamplePlan(spec);
        var samples = lanes.SelectMany(lane => plan.SamplesOf(step, lane)).ToList();
        var more = samples.Count > most ? $" and {samples.Count - most} more" : "";
        return $"{(lanes.Count == 1 ? "lane" : "lanes")} {string.Join(", ", lanes)} of step {step} ({(samples.Count == 1 ? "sample" : "samples")} {string.Join(", ", samples.Take(most))}{more})";
    }
}
