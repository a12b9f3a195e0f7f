using AtomGrains.Core.Data;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Tests.Data;

public class CommitAuditTests
{
    [Theory]
    [InlineData(64, 8)]
    [InlineData(65, 8)]
    [InlineData(3, 8)]
    [InlineData(1, 8)]
    [InlineData(200, 32)]
    public void EveryEpochIsWholeHoweverBatchesLieAcrossItsBounds(long samples, int batch)
    {
        var audit = new CommitAudit(Spec(samples, batch));
        var epochs = new List<EpochAudit>();
        for (var step = 0; step < 50; step++)
        {
            Assert.Null(audit.Add(step, skipped: false, epochs.Add));
        }

        Assert.Equal(50L * batch / samples, epochs.Count);
        Assert.Equal(epochs.Select((_, epoch) => new EpochAudit(epoch, samples, 0, samples)), epochs);
        Assert.Equal(50L * batch % samples, audit.Open.Committed);
    }

    [Fact]
    public void SamplesOfSkippedStepsAreCountedApart()
    {
        var audit = new CommitAudit(Spec(24, 8));
        var epochs = new List<EpochAudit>();
        Assert.Null(audit.Add(0, false, epochs.Add));
        Assert.Null(audit.Add(1, true, epochs.Add));
        Assert.Null(audit.Add(2, false, epochs.Add));
        Assert.Equal(new EpochAudit(0, 16, 8, 24), Assert.Single(epochs));
    }

    [Theory]
    [InlineData(3, "step 2 is missing: sample ")]
    [InlineData(1, "step 1 is there twice: sample ")]
    public void AStepOutOfPlaceIsNamedWithItsFirstSample(long next, string wrong)
    {
        var spec = Spec(24, 8);
        var audit = new CommitAudit(spec);
        Assert.Null(audit.Add(0, false, _ => { }));
        Assert.Null(audit.Add(1, false, _ => { }));
        var first = new SamplePlan(spec).SamplesOf(next == 3 ? 2 : 1, 0)[0];
        Assert.StartsWith($"{wrong}{first} of epoch 0 ", audit.Add(next, false, _ => { }), StringComparison.Ordinal);
    }

    private static RunSpec Spec(long samples, int batch) => new()
    {
        Lanes = 4,
        GlobalBatch = batch,
        Model = new ModelSpec(),
        Optimizer = new OptimizerSpec(),
        Evaluation = new EvaluationSpec(),
        Data = new DataSpec { TrainSamples = samples },
    };
}
