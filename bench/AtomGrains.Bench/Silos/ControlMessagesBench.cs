using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.Bench.Silos;

/// <summary>
/// Control messages between the run grain and its nodes, heartbeats included, in runs that nothing happens to: their
/// number a step grows with the nodes and no faster. (That none can carry a tensor is a test of the wire contract.)
/// </summary>
internal static class ControlMessagesBench
{
    private const int Steps = 60;

    // One decision to, and one seal and one timing from each node a step; heartbeats come by time, not by step.
    private const double MostANode = 8;

    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        int[] worlds = options.Quick ? [1, 3] : [1, 2, 4, 6];
        var counts = worlds.Select(workers => (Workers: workers, Messages: ASteps(workers))).ToList();
        return
        [
            .. counts.Select(count => new Figure($"control messages a step, {count.Workers} nodes", "messages", [count.Messages])),
            new Figure("control messages a step and node", "messages", [.. counts.Select(count => count.Messages / count.Workers)]) { AtMost = MostANode, BoundsEach = true },
        ];
    }

    private static double ASteps(int workers)
    {
        using var run = new TrainRun(BenchHost.Orleans, "--workers", $"{workers}", "--steps", $"{Steps}");
        run.Finish();
        return RunEnd.Read(run.Folder)!.ControlMessages / (double)Steps;
    }
}
