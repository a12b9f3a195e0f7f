using AtomGrains.Core.Membership;

namespace AtomGrains.Core.Tests.Membership;

public class StepPaceTests
{
    private static readonly StepPaceOptions Options = new()
    {
        Floor = TimeSpan.FromSeconds(20),
        First = TimeSpan.FromSeconds(300),
        Spreads = 20,
        Window = 8,
        Fewest = 5,
    };

    [Theory]
    // Nothing is known of the pace: the first deadline, however fast the few steps were.
    [InlineData(300, new double[0])]
    [InlineData(300, new double[] { 1, 1, 1, 1 })]
    // Known and fast: the floor.
    [InlineData(20, new double[] { 1, 1, 1, 1, 1 })]
    [InlineData(20, new double[] { 10, 10, 10, 10, 10 })]
    // Known and slow: twice the median, and 20 median deviations from it.
    [InlineData(24, new double[] { 12, 12, 12, 12, 12 })]
    [InlineData(80 + 20 * 10, new double[] { 20, 30, 40, 50, 60 })]
    // The median of an even number is the mean of the two in the middle: 35, whose deviations are 25, 15, 5, 5, 15, 25.
    [InlineData(70 + 20 * 15, new double[] { 10, 20, 30, 40, 50, 60 })]
    // One step that was held up by something raises neither.
    [InlineData(24, new double[] { 12, 12, 12, 12, 5000 })]
    // The first two are forgotten: eight are remembered.
    [InlineData(24, new double[] { 900, 900, 12, 12, 12, 12, 12, 12, 12, 12 })]
    public void DeadlineFollowsTheRecentSteps(double expected, double[] steps) =>
        Assert.Equal(expected, After(steps).Deadline.TotalSeconds, 9);

    [Fact]
    public void EachUseInARowDoublesTheDeadline()
    {
        var pace = After([12, 12, 12, 12, 12]);
        var deadlines = Enumerable.Range(0, 4).Select(_ =>
        {
            var deadline = pace.Deadline.TotalSeconds;
            pace.Used();
            return deadline;
        });
        Assert.Equal([24, 48, 96, 192], deadlines);
    }

    [Fact]
    public void ADeadlineThatWasAskedForFollowsTheStepsBehindIt()
    {
        var pace = After([30, 30, 30, 30, 30]);
        Assert.Equal(60, pace.Deadline.TotalSeconds);
        for (var step = 0; step < 40; step++)
        {
            pace.Took(TimeSpan.FromSeconds(50));
        }

        Assert.Equal(100, pace.Deadline.TotalSeconds);
    }

    [Fact]
    public void TheFirstDeadlineDoublesAsWell()
    {
        var pace = new StepPace(Options);
        pace.Used();
        Assert.Equal(600, pace.Deadline.TotalSeconds);
    }

    [Fact]
    public void AStepThatIsDoneEndsTheDoubling()
    {
        var pace = After([12, 12, 12, 12, 12]);
        pace.Used();
        pace.Used();
        pace.Took(TimeSpan.FromSeconds(12));
        Assert.Equal(24, pace.Deadline.TotalSeconds);
    }

    [Fact]
    public void DoublingEndsAtAThousandTimesTheDeadline()
    {
        var pace = After([12, 12, 12, 12, 12]);
        for (var i = 0; i < 5000; i++)
        {
            pace.Used();
        }

        Assert.Equal(24 * 1024, pace.Deadline.TotalSeconds);
    }

    private static StepPace After(IEnumerable<double> steps)
    {
        var pace = new StepPace(Options);
        foreach (var seconds in steps)
        {
            pace.Took(TimeSpan.FromSeconds(seconds));
        }

        return pace;
    }
}
