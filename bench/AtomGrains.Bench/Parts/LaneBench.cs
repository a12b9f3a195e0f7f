using AtomGrains.Bench.Figures;
using AtomGrains.Torch.Bench;

namespace AtomGrains.Bench.Parts;

/// <summary>Processor time of a lane by the step loop, against a bare loop over the same model.</summary>
internal static class LaneBench
{
    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        var time = LaneTime.Measure(options.Count(60, 15));
        return
        [
            new Figure("lane, with load and fetch", "CPU ms", time.Lane),
            new Figure("bare loop", "CPU ms", time.Bare),
            new Figure("bare ÷ lane", "ratio", [Figure.MedianOf(time.Bare) / Figure.MedianOf(time.Lane)]),
        ];
    }
}
