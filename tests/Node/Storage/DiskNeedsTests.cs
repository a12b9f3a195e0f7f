using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Tests.Storage;

public sealed class DiskNeedsTests
{
    private const long Reserve = DiskNeeds.ReserveBytes;

    private static readonly RunRecord Record = RunSpecs.Record(spec => spec with { Steps = 1000 }) with { Elements = 1_000_000 };

    // Parameters and the optimizer's two vectors, in float32.
    private const long OneCheckpoint = 3 * 4 * 1_000_000;

    [Theory]
    [InlineData(100, 3, 4)]
    [InlineData(100, 20, 10)]
    [InlineData(400, 3, 3)]
    [InlineData(5000, 3, 1)]
    public void CheckpointsThatAreKeptAndOneThatIsWrittenNeedRoomOrAsManyAsThereWillBe(long every, int keep, int counted) =>
        AssertCheckpoints(counted, new CheckpointPlan { Cadence = new CheckpointOptions { EverySteps = every }, Keep = keep });

    [Theory]
    [InlineData(30, 2)]
    [InlineData(7, 9)]
    [InlineData(600, 1)]
    public void OvertakenCheckpointsOfTheMinuteInWhichTheyStayNeedRoomAsWell(double seconds, int overtaken) =>
        AssertCheckpoints(4 + overtaken, new CheckpointPlan { Cadence = new CheckpointOptions { EveryTime = TimeSpan.FromSeconds(seconds) } });

    [Fact]
    public void WithoutCheckpointsOrWithTheirStoreElsewhereNoneAreCounted()
    {
        Assert.Equal((0, null), StoreOf(new CheckpointPlan(), "store"));
        Assert.Equal((0, null), StoreOf(Hourly, null));

        static (long, string?) StoreOf(CheckpointPlan plan, string? store)
        {
            var needs = DiskNeeds.Of(Record, roots: true, plan, store);
            return (needs.Store, needs.StoreFolder);
        }
    }

    [Theory]
    [InlineData(1000, 16384, 1000 * (16 + (8 * 62)))]
    [InlineData(10_000_000, 16384, 8 * (8 << 20))]
    [InlineData(1000, 16, 0)] // 62,500 blocks: too many for leaves to be kept
    public void RootsNeedRoomUpToTheirBound(long steps, int block, long bytes)
    {
        var record = Record with { Spec = Record.Spec with { Steps = steps, BlockElements = block } };
        var difference = DiskNeeds.Of(record, roots: true, new CheckpointPlan(), null).Run - DiskNeeds.Of(record, roots: false, new CheckpointPlan(), null).Run;
        Assert.InRange(difference, bytes, bytes + (64 << 10));
    }

    [Fact]
    public void WhatARunLeavesInAFolderIsWithinWhatIsCountedForIt()
    {
        using var folder = new TemporaryFolder();
        const int Blocks = 62;
        using (var segments = new LeafSegments(folder.Path))
        {
            for (var version = 1; version <= 1000; version++)
            {
                segments.Append(new Core.Membership.Lineage(new Core.Membership.Generation(1)), version, new byte[Blocks * 8]);
            }
        }

        var written = Directory.EnumerateFiles(folder.File(LeafSegments.FolderName)).Sum(path => new FileInfo(path).Length);
        Assert.InRange(written, 1, LeafSegments.BytesOf(1000, Blocks));
    }

    [Theory]
    [InlineData(30, 0, "")]
    [InlineData(29, 0, "--out run: needs 30 MiB and has 29 MiB free; must be on a disk with enough space")]
    public void OnOneDiskRunAndCheckpointsHaveToFitTogether(long run, long store, string errors) =>
        Assert.Equal(errors, ErrorsOf(run, store, _ => "disk"));

    [Theory]
    [InlineData(10, 20, "")]
    [InlineData(9, 20, "--out run: needs 10 MiB and has 9 MiB free; must be on a disk with enough space")]
    [InlineData(10, 19, "--store store: needs 20 MiB and has 19 MiB free; must be on a disk with enough space")]
    [InlineData(9, 19, "--out run: needs 10 MiB and has 9 MiB free; must be on a disk with enough space|--store store: needs 20 MiB and has 19 MiB free; must be on a disk with enough space")]
    public void OnTwoDisksEachHasToHoldItsOwn(long run, long store, string errors) =>
        Assert.Equal(errors, ErrorsOf(run, store, folder => folder));

    [Fact]
    public void ARunThatGoesOnIsNotAskedForTheSpaceThatItHasTaken()
    {
        using var folder = new TemporaryFolder();
        folder.Write("run/checkpoints/slice", new byte[64 << 20]);
        var needs = new DiskNeeds(DiskNeeds.Available(folder.Path) + (32L << 20));
        Assert.Single(needs.Errors(folder.File("run"), resumed: false));
        Assert.Empty(needs.Errors(folder.File("run"), resumed: true));
    }

    private static readonly CheckpointPlan Hourly = new() { Cadence = new CheckpointOptions { EveryTime = TimeSpan.FromHours(1) } };

    private static void AssertCheckpoints(int counted, CheckpointPlan plan)
    {
        var bytes = DiskNeeds.Of(Record, roots: true, plan, "store").Store - Reserve;
        Assert.InRange(bytes, counted * OneCheckpoint, (counted * OneCheckpoint) + (counted * (1 << 20)));
    }

    private static string ErrorsOf(long run, long store, Func<string, string> diskOf) => string.Join(
        '|', new DiskNeeds(10 << 20, 20 << 20, "store").Errors("run", diskOf, folder => (folder == "run" ? run : store) << 20, _ => 0));
}
