using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.EndToEnd.Tests.Runs;

/// <summary>What decides the bits, beside faults, which do not.</summary>
public sealed class DeterminismTests
{
    [Fact]
    public async Task AnotherSeedGivesOtherWeights()
    {
        var one = await CalmRuns.Of(Spec.Short);
        var other = await CalmRuns.Of(Spec.Short.With("--seed", "1338"));
        Assert.NotEqual(one.WeightsHash, other.WeightsHash);
        Assert.NotEqual(one.LossBits[0], other.LossBits[0]);
    }

    [Fact]
    public async Task DropoutBiasAndBytesSurviveAKillBitForBit()
    {
        const string Order = "kill:worker=1@step=5/compute";
        var spec = Spec.Short.With("--dropout", "0.2", "--bias", "--tokenizer", "byte");
        using var run = TrainProcess.Start(spec, workers: 3, [Order]);
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        finished.Fault("kill", 1, Order);
        Assert.NotEqual((await CalmRuns.Of(Spec.Short)).WeightsHash, finished.WeightsHash);
    }

    [Fact]
    public async Task TheLossFalls()
    {
        var calm = await CalmRuns.Of(Spec.Medium);
        var losses = calm.Metrics.Select(line => (double)line["loss"]!).ToList();
        Assert.True(losses[^1] < 0.8 * losses[0], $"from {losses[0]} to {losses[^1]}");
    }
}
