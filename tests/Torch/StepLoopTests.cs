using AtomGrains.Core.Runs;
using AtomGrains.Torch.Tests.Support;

namespace AtomGrains.Torch.Tests;

public sealed class StepLoopTests
{
    [Fact]
    public void LossAtTheSeededBeginningIsThatOfAUniformGuess()
    {
        using var loop = Replica.Create(Specs.Run(Specs.NanoGptModel));
        var gradient = new float[loop.Layout.Elements];

        var loss = loop.ComputeLane(Replica.Lane(0), gradient);

        Assert.InRange(loss, Math.Log(65) - 0.1, Math.Log(65) + 0.1);
        Assert.All(gradient, value => Assert.True(float.IsFinite(value)));
        Assert.Contains(gradient, value => value != 0);
    }

    [Fact]
    public void ParametersAreInNanoGptsOrderWithTheTiedTableCountedOnce()
    {
        using var loop = Replica.Create(Specs.Run(Specs.SmallModel with { Bias = true }));

        string[] block = ["ln_1.weight", "ln_1.bias", "attn.c_attn.weight", "attn.c_attn.bias", "attn.c_proj.weight", "attn.c_proj.bias",
            "ln_2.weight", "ln_2.bias", "mlp.c_fc.weight", "mlp.c_fc.bias", "mlp.c_proj.weight", "mlp.c_proj.bias"];
        string[] expected = ["wte.weight", "wpe.weight", .. block.Select(name => "h.0." + name), .. block.Select(name => "h.1." + name), "ln_f.weight", "ln_f.bias"];
        Assert.Equal(expected, loop.Layout.Entries.Select(entry => entry.Name));
    }

    [Fact]
    public void OnlyMatricesDecay()
    {
        using var loop = Replica.Create(Specs.Run(Specs.SmallModel with { Bias = true }));

        Assert.All(loop.Layout.Entries, entry => Assert.Equal(entry.Shape.Count >= 2, entry.Decay));
    }

    [Fact]
    public void WithoutBiasThereIsNone()
    {
        using var loop = Replica.Create(Specs.Run(Specs.NanoGptModel));

        Assert.DoesNotContain(loop.Layout.Entries, entry => entry.Name.EndsWith("bias", StringComparison.Ordinal));
        Assert.Equal(804_096, loop.Layout.Elements); // nanoGPT's "0.80M" plus its 8192 positions
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ALaneTwiceAndAfterOtherLanesHasTheSameBits(int threads)
    {
        using var loop = Replica.Create(Specs.Run(Specs.NanoGptModel with { Dropout = 0.2 }) with { ThreadsPerWorker = threads });
        var (first, again, other) = (new float[loop.Layout.Elements], new float[loop.Layout.Elements], new float[loop.Layout.Elements]);

        var loss = loop.ComputeLane(Replica.Lane(0), first);
        loop.ComputeLane(Replica.Lane(1, seed: 9), other);
        loop.Evaluate([0, 1, 2]);
        var lossAgain = loop.ComputeLane(Replica.Lane(0), again);

        Assert.Equal(loss, lossAgain);
        Assert.Equal(Replica.Hash(first), Replica.Hash(again));
        Assert.NotEqual(Replica.Hash(first), Replica.Hash(other));
    }

    [Fact]
    public void AnotherReplicaOfTheSameProcessHasTheSameBits()
    {
        var hashes = Enumerable.Range(0, 2).Select(_ =>
        {
            using var loop = Replica.Create(Specs.Run(Specs.NanoGptModel with { Dropout = 0.2 }));
            var gradient = new float[loop.Layout.Elements];
            loop.ComputeLane(Replica.Lane(0), gradient);
            return Replica.Hash(gradient);
        }).ToList();

        Assert.Equal(hashes[0], hashes[1]);
    }

    [Fact]
    public async Task AReplicaOnAnotherThreadHasTheSameBits()
    {
        using var loop = Replica.Create(Specs.Run(Specs.NanoGptModel));
        var (here, there) = (new float[loop.Layout.Elements], new float[loop.Layout.Elements]);

        loop.ComputeLane(Replica.Lane(0), here);
        await OnThreadOfItsOwn(() => loop.ComputeLane(Replica.Lane(0), there));

        Assert.Equal(Replica.Hash(here), Replica.Hash(there));
    }

    [Fact]
    public async Task TwoReplicasOfAProcessDoNotDrawFromEachOthersSeeds()
    {
        var spec = Specs.Run(Specs.SmallModel with { Dropout = 0.5 });
        var hashes = new string[2][];
        await Task.WhenAll(Enumerable.Range(0, 2).Select(index => OnThreadOfItsOwn(() =>
        {
            using var loop = Replica.Create(spec);
            var gradient = new float[loop.Layout.Elements];
            hashes[index] = [.. Enumerable.Range(0, 50).Select(_ =>
            {
                loop.ComputeLane(Replica.Lane(0), gradient);
                return Replica.Hash(gradient);
            })];
        })));

        Assert.Single(hashes.SelectMany(each => each).Distinct());
    }

    [Fact]
    public void DropoutFollowsTheLanesSeed()
    {
        using var loop = Replica.Create(Specs.Run(Specs.SmallModel with { Dropout = 0.5 }));
        var gradient = new float[loop.Layout.Elements];

        var loss = loop.ComputeLane(Replica.Lane(0, seed: 1), gradient);
        var otherLoss = loop.ComputeLane(Replica.Lane(0, seed: 2), gradient);

        Assert.NotEqual(loss, otherLoss);
    }

    [Fact]
    public void EvaluationIsWithoutDropoutAndTheMeanOverSamples()
    {
        using var loop = Replica.Create(Specs.Run(Specs.SmallModel with { Dropout = 0.5 }));

        var each = Enumerable.Range(0, 11).Select(index => loop.Evaluate([index])).ToList();

        Assert.Equal(each.Average(), loop.Evaluate([.. Enumerable.Range(0, 11).Select(index => (long)index)]), 5);
        Assert.Equal(each[0], loop.Evaluate([0]));
    }

    [Fact]
    public void GradientsOfAnEarlierLaneAreGone()
    {
        using var loop = Replica.Create(Specs.Run(Specs.SmallModel));
        var (once, twice) = (new float[loop.Layout.Elements], new float[loop.Layout.Elements]);

        loop.ComputeLane(Replica.Lane(0), once);
        loop.ComputeLane(Replica.Lane(0), twice);

        Assert.Equal(once, twice);
    }

    [Fact]
    public void SamplesOfAnotherLengthAreRefused()
    {
        var spec = Specs.Run(Specs.SmallModel);
        var fitting = new RandomSamples(1, 10, spec.Model.Context, 11);
        var longer = new RandomSamples(1, 10, spec.Model.Context + 1, 11);

        var error = Assert.Throws<ArgumentException>(() => new Engine.StepLoopFactory().Create(spec, longer, fitting, "cpu"));

        Assert.Contains("context of 8 needs 9", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATokenOutsideTheVocabularyIsRefusedBeforeTheEngineSeesIt()
    {
        var spec = Specs.Run(Specs.SmallModel);
        var samples = new RandomSamples(1, 10, spec.Model.Context, vocabulary: 500);
        using var loop = new Engine.StepLoopFactory().Create(spec, samples, samples, "cpu");

        var error = Assert.Throws<ArgumentException>(() => loop.ComputeLane(Replica.Lane(0), new float[loop.Layout.Elements]));

        Assert.Contains("the vocabulary has 0 to 10", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cuda:99", "isn't there")]
    [InlineData("tpu", "not one of cpu, cuda, cuda:N")]
    public void ADeviceThatIsNotThereIsRefusedInOneLine(string device, string reason)
    {
        var spec = Specs.Run(Specs.SmallModel);
        var samples = new RandomSamples(1, 10, spec.Model.Context, 11);

        var error = Assert.Throws<ArgumentException>(() => new Engine.StepLoopFactory().Create(spec, samples, samples, device));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AJobThatIsNotRegisteredIsRefusedWithTheNamesThatAre()
    {
        var error = Assert.Throws<ArgumentException>(() => new Engine.StepLoopFactory().Find("mine"));

        Assert.Contains("gpt", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnInjectedFaultIsAnExceptionOutOfTheEngineAndHappensOnce()
    {
        using var loop = Replica.Create(Specs.Run(Specs.SmallModel));
        var gradient = new float[loop.Layout.Elements];
        loop.InjectFault(DeviceFault.Exception);

        var error = Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => loop.ComputeLane(Replica.Lane(0), gradient));

        Assert.Contains("out of range", error.Message, StringComparison.Ordinal);
        Assert.True(double.IsFinite(loop.ComputeLane(Replica.Lane(0), gradient)));
    }

    private static Task OnThreadOfItsOwn(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
