using AtomGrains.Core.Data;
using AtomGrains.Core.Runs;
using AtomGrains.Core.Tests.Runs;
using FsCheck;
using FsCheck.Fluent;

namespace AtomGrains.Core.Tests.Data;

public class SamplePlanTests
{
    [Fact]
    public void EveryEpochTakesEverySampleOnceAlsoWhereBatchesSpanTwo() => Prop.ForAll(
        Gen.Choose(1, 70).ToArbitrary(),
        Gen.Elements(1, 2, 4, 8).ToArbitrary(),
        Gen.Choose(1, 5).ToArbitrary(),
        (samples, lanes, perLane) =>
        {
            var plan = Plan(samples, lanes, lanes * perLane);
            var epochs = Stream(plan, lanes).Take(samples * 3).Chunk(samples).ToArray();
            Assert.All(epochs, epoch => Assert.Equal(Enumerable.Range(0, samples).Select(index => (long)index), epoch.Order()));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TheBatchIsTheSameHoweverManyLanesCutIt()
    {
        var one = Stream(Plan(50, 1, 16), 1).Take(320);
        Assert.All(new[] { 2, 4, 8, 16 }, lanes => Assert.Equal(one, Stream(Plan(50, lanes, 16), lanes).Take(320)));
    }

    [Fact]
    public void PositionsFollowTheRule()
    {
        var plan = Plan(10, 2, 8);
        var order = Enumerable.Range(0, 2).Select(epoch => new SamplePermutation(1337, epoch, 10)).ToArray();
        Assert.Equal([order[0][8], order[0][9], order[1][0], order[1][1]], plan.SamplesOf(1, 0));
        Assert.Equal([order[1][2], order[1][3], order[1][4], order[1][5]], plan.SamplesOf(1, 1));
        Assert.Equal(0, plan.EpochOf(1));
        Assert.Equal(1, plan.EpochOf(2));
    }

    [Fact]
    public void AskingInAnyOrderGivesTheSameSamples()
    {
        var plan = Plan(37, 4, 8);
        var forward = Enumerable.Range(0, 60).Select(step => plan.SamplesOf(step, step % 4)).ToArray();
        var backward = Enumerable.Range(0, 60).Reverse().Select(step => plan.SamplesOf(step, step % 4)).Reverse().ToArray();
        Assert.Equal(forward, backward);
    }

    [Fact]
    public void LaneSeedsDifferByStepLaneAndSeed()
    {
        var seeds = from seed in new ulong[] { 1, 2 }
                    let plan = new SamplePlan(Specs.Valid() with { Seed = seed })
                    from step in Enumerable.Range(0, 100)
                    from lane in Enumerable.Range(0, 16)
                    select plan.LaneSeed(step, lane);
        Assert.Equal(3200, seeds.Distinct().Count());
    }

    [Fact]
    public void ValidationBatchesAreFixedAndCoverTheSplitBeforeRepeating()
    {
        var spec = Specs.Valid() with { Data = Specs.Valid().Data with { ValidationSamples = 64 } };
        var first = new SamplePlan(spec);
        var again = new SamplePlan(spec);
        Assert.Equal(first.ValidationBatch(1), again.ValidationBatch(1));
        var both = first.ValidationBatch(0).Concat(first.ValidationBatch(1)).ToArray();
        Assert.Equal(64, both.Distinct().Count());
        Assert.Equal(first.ValidationBatch(0), first.ValidationBatch(2));
    }

    [Fact]
    public void LanesAndStepsOutsideTheRunAreRefused()
    {
        var plan = Plan(10, 2, 4);
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.SamplesOf(-1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.SamplesOf(0, 2));
        Assert.Throws<ArgumentException>(() => Plan(0, 2, 4));
        Assert.Throws<ArgumentException>(() => Plan(10, 2, 5));
    }

    private static SamplePlan Plan(int samples, int lanes, int batch) => new(Specs.Valid() with
    {
        Lanes = lanes,
        GlobalBatch = batch,
        Data = Specs.Valid().Data with { TrainSamples = samples },
    });

    private static IEnumerable<long> Stream(SamplePlan plan, int lanes)
    {
        for (var step = 0L; ; step++)
        {
            for (var lane = 0; lane < lanes; lane++)
            {
                foreach (var sample in plan.SamplesOf(step, lane))
                {
                    yield return sample;
                }
            }
        }
    }
}
