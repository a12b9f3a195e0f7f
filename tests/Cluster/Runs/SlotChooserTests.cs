using AtomGrains.Grains.Runs;

namespace AtomGrains.Cluster.Tests.Runs;

/// <summary>Which worker a device becomes.</summary>
public sealed class SlotChooserTests
{
    [Theory]
    [InlineData(1, new[] { 0, 2 }, 3, 1)] // its own number, free
    [InlineData(1, new[] { 1 }, 3, 0)] // taken: the lowest free one
    [InlineData(7, new[] { 0 }, 3, 1)] // none of the run's
    [InlineData(-1, new int[0], 1, 0)]
    [InlineData(0, new[] { 0, 1, 2 }, 3, null)] // nobody is wanted
    [InlineData(2, new int[0], 0, null)]
    public void ADeviceTakesTheNumberItLikesOrTheLowestFreeOne(int liked, int[] taken, int wanted, int? chosen) =>
        Assert.Equal(chosen, SlotChooser.Choose(liked, taken.ToHashSet(), wanted));
}
