using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Tests.Storage;

public sealed class SurvivingMetricsTests
{
    [Fact]
    public void OneLineASurvivingStepIsLeftAndTheOthersAreBeside()
    {
        // The second lineage goes on from step 2, the third from step 1.
        var (surviving, givenUp) = SurvivingMetrics.Sort(Lines((1, 0), (1, 1), (1, 2), (1, 3), (4, 2), (4, 3), (9, 1), (9, 2)));
        Assert.Equal([(1L, 0L), (9L, 1L), (9L, 2L)], surviving.Select(line => (line.Lineage, line.Step)));
        Assert.Equal([(1L, 2L), (1L, 3L), (1L, 1L), (4L, 2L), (4L, 3L)], givenUp.Select(line => (line.Lineage, line.Step)));
    }

    [Fact]
    public void MergingAgainChangesNothing()
    {
        using var folder = new TemporaryFolder();
        using (var writer = RunFolder.OpenMetrics(folder.Path))
        {
            foreach (var line in Lines((1, 0), (1, 1), (1, 2), (4, 1), (4, 2)))
            {
                writer.Append(line);
            }
        }

        SurvivingMetrics.Merge(folder.Path);
        var merged = (File.ReadAllText(folder.File("metrics.jsonl")), File.ReadAllText(folder.File(SurvivingMetrics.GivenUpFileName)));
        SurvivingMetrics.Merge(folder.Path);
        Assert.Equal(merged, (File.ReadAllText(folder.File("metrics.jsonl")), File.ReadAllText(folder.File(SurvivingMetrics.GivenUpFileName))));
        Assert.Equal(3, merged.Item1.Count(letter => letter == '\n'));
    }

    private static IEnumerable<MetricsLine> Lines(params (long Lineage, long Step)[] lines) => lines.Select(line => new MetricsLine
    {
        Step = line.Step,
        Loss = 1,
        LossBits = "",
        Tokens = 1,
        Seconds = new StepSeconds(0, 0, 0, 0, 0),
        Lr = 1,
        GradNorm = 1,
        Skipped = false,
        Generation = line.Lineage,
        Lineage = line.Lineage,
    });
}
