using AtomGrains.Torch.Tests.Support;

namespace AtomGrains.Torch.Tests;

public sealed class SamplerTests
{
    [Fact]
    public void TheSameSeedGivesTheSameTextAndAnotherAnother()
    {
        using var loop = Replica.Create(Specs.Run(Specs.SmallModel with { Dropout = 0.5 }));

        var text = loop.Generate([1], 40, temperature: 1, topK: 0, seed: 3);

        Assert.Equal(40, text.Count);
        Assert.Equal(text, loop.Generate([1], 40, temperature: 1, topK: 0, seed: 3));
        Assert.NotEqual(text, loop.Generate([1], 40, temperature: 1, topK: 0, seed: 4));
    }

    [Fact]
    public void AmongTheLikeliestOneIsGreedy()
    {
        using var loop = Replica.Create(Specs.Run(Specs.SmallModel));

        Assert.Equal(loop.Generate([1, 2], 20, temperature: 0, topK: 0, seed: 1), loop.Generate([1, 2], 20, temperature: 0.7, topK: 1, seed: 9));
    }

    [Fact]
    public void GenerationDoesNotDisturbTraining()
    {
        using var loop = Replica.Create(Specs.Run(Specs.SmallModel with { Dropout = 0.2 }));
        var (before, after) = (new float[loop.Layout.Elements], new float[loop.Layout.Elements]);

        loop.ComputeLane(Replica.Lane(0), before);
        loop.Generate([1], 5, temperature: 1, topK: 0, seed: 3);
        loop.ComputeLane(Replica.Lane(0), after);

        Assert.Equal(Replica.Hash(before), Replica.Hash(after));
    }

    [Fact]
    public void APromptOutsideTheVocabularyIsRefused()
    {
        using var loop = Replica.Create(Specs.Run(Specs.SmallModel));

        Assert.Throws<ArgumentException>(() => loop.Generate([11], 1, 1, 0, 0));
        Assert.Throws<ArgumentException>(() => loop.Generate([], 1, 1, 0, 0));
    }
}
