using AtomGrains.Core.Runs;
using AtomGrains.Torch.Bench;
using AtomGrains.Torch.Engine;
using AtomGrains.Torch.Tests.Support;

namespace AtomGrains.Torch.Tests;

public sealed class TrainingTests
{
    private const string Text = "the quick brown fox jumps over the lazy dog; the lazy dog sleeps under the brown tree. ";

    [Fact]
    public void AFewDozenStepsLearnASentenceAndGenerationRecitesIt()
    {
        var alphabet = Text.Distinct().Order().ToArray();
        var stream = string.Concat(Enumerable.Repeat(Text, 4)).Select(character => (long)Array.BinarySearch(alphabet, character)).ToArray();
        var model = new ModelSpec { Layers = 2, Heads = 2, Width = 64, Context = 32, VocabularySize = alphabet.Length };
        var spec = Specs.Run(model, samplesPerLane: 8) with
        {
            Optimizer = new OptimizerSpec { LearningRate = 5e-3, MinimumLearningRate = 1e-3, WarmupSteps = 10, DecaySteps = 120 },
        };
        var samples = new TokenWindows(stream, model.Context);
        using var loop = new StepLoopFactory().Create(spec, samples, samples, "cpu");
        var (parameters, gradient) = (new float[loop.Layout.Elements], new float[loop.Layout.Elements]);
        var optimizer = new AdamW(loop.Layout, spec.Optimizer);
        loop.InitialParameters(parameters);
        loop.LoadParameters(parameters);
        var before = loop.Evaluate([0, 20, 40, 60]);

        for (var step = 0; step < 120; step++)
        {
            long[] indices = [.. Enumerable.Range(0, 8).Select(k => ((step * 8) + k) * 37L % samples.Count)];
            loop.ComputeLane(new LaneWork(step, 0, (ulong)step, indices), gradient);
            optimizer.Step(step, parameters, gradient);
            loop.LoadParameters(parameters);
        }

        Assert.InRange(before, 3.0, 3.6);
        Assert.InRange(loop.Evaluate([0, 20, 40, 60]), 0, 0.5);
        var continued = loop.Generate(stream[..32], 40, temperature: 0, topK: 0, seed: 1);
        Assert.Equal(stream[32..72], continued);
    }
}
