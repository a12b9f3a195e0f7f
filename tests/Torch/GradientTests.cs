using AtomGrains.Core.Parameters;
using AtomGrains.Core.Runs;
using AtomGrains.Torch.Engine;
using AtomGrains.Torch.Models;
using AtomGrains.Torch.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace AtomGrains.Torch.Tests;

public sealed class GradientTests
{
    // Far enough from the beginning that every gradient is alive: norms and biases included.
    private static readonly ModelSpec Model = Specs.SmallModel with { Bias = true };

    [Fact]
    public void GradientsInFloat64AreThoseOfFiniteDifferences()
    {
        using var scope = NewDisposeScope();
        using var loop = Replica.Create(Specs.Run(Model));
        var parameters = Perturbed(loop);
        using var model = InFloat64(loop.Layout, parameters);
        Loss(model).backward();

        const double Step = 1e-5;
        var random = new Random(3);
        foreach (var (name, parameter) in model.named_parameters())
        {
            var gradient = Doubles(parameter.grad!);
            for (var trial = 0; trial < 4; trial++)
            {
                var index = random.Next(gradient.Length);
                var numeric = (LossWith(model, parameter, index, Step) - LossWith(model, parameter, index, -Step)) / (2 * Step);
                Assert.True(Math.Abs(numeric - gradient[index]) < 1e-8 + (1e-6 * Math.Abs(numeric)), $"{name}[{index}]: {gradient[index]}, by differences {numeric}");
            }
        }
    }

    [Fact]
    public void ALanesGradientIsThatOfTheFloat64Reference()
    {
        using var scope = NewDisposeScope();
        using var loop = Replica.Create(Specs.Run(Model));
        var parameters = Perturbed(loop);
        loop.LoadParameters(parameters);
        var gradient = new float[loop.Layout.Elements];
        var loss = loop.ComputeLane(Replica.Lane(0), gradient);

        using var model = InFloat64(loop.Layout, parameters);
        var reference = Loss(model);
        reference.backward();

        Assert.Equal(reference.ToDouble(), loss, 5);
        var expected = model.parameters().SelectMany(parameter => Doubles(parameter.grad!)).ToArray();
        var scale = expected.Max(Math.Abs);
        Assert.Equal(expected.Length, gradient.Length);
        Assert.All(expected.Zip(gradient), pair => Assert.InRange(pair.Second - pair.First, -1e-5 * scale, 1e-5 * scale));
    }

    [Fact]
    public void NoPositionSeesLaterTokens()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = new Gpt(Model);
        model.eval();
        var before = model.call(tensor([1L, 2, 3, 4, 5], [1L, 5])).select(1, 2).contiguous().bytes.ToArray();
        var lastChanged = model.call(tensor([1L, 2, 3, 9, 0], [1L, 5])).select(1, 2).contiguous().bytes.ToArray();
        var firstChanged = model.call(tensor([7L, 2, 3, 4, 5], [1L, 5])).select(1, 2).contiguous().bytes.ToArray();

        Assert.Equal(before, lastChanged);
        Assert.NotEqual(before, firstChanged);
    }

    private static float[] Perturbed(StepLoop loop)
    {
        var random = new Random(8);
        return [.. Replica.Initial(loop).Select(value => value + (float)((random.NextDouble() - 0.5) * 0.4))];
    }

    private static Gpt InFloat64(ParameterLayout layout, float[] flat)
    {
        var model = new Gpt(Model).to(ScalarType.Float64);
        using var noGrad = no_grad();
        foreach (var (entry, parameter) in layout.Entries.Zip(model.parameters()))
        {
            parameter.copy_(tensor(flat[entry.ElementOffset..(entry.ElementOffset + entry.Elements)]).view(parameter.shape));
        }

        return model;
    }

    private static Tensor Loss(Gpt model)
    {
        var samples = new RandomSamples(1, 1000, Model.Context, Model.VocabularySize);
        var (tokens, targets, sample) = (new List<long>(), new List<long>(), new long[Model.Context + 1]);
        foreach (var index in Replica.Lane(0).SampleIndices)
        {
            samples.Read(index, sample);
            tokens.AddRange(sample[..^1]);
            targets.AddRange(sample[1..]);
        }

        var logits_BTV = model.call(tensor(tokens.ToArray()).view(-1, Model.Context));
        return nn.functional.cross_entropy(logits_BTV.view(-1, Model.VocabularySize), tensor(targets.ToArray()));
    }

    private static double LossWith(Gpt model, Tensor parameter, int index, double change)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var element = parameter.view(-1).narrow(0, index, 1);
        var saved = element.clone();
        element.copy_(element + change);
        var loss = Loss(model).ToDouble();
        element.copy_(saved);
        return loss;
    }

    private static double[] Doubles(Tensor tensor) =>
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, double>(tensor.contiguous().bytes).ToArray();
}
