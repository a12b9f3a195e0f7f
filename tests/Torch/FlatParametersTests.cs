using System.Runtime.InteropServices;
using AtomGrains.Torch.Engine;
using AtomGrains.Torch.Models;
using AtomGrains.Torch.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace AtomGrains.Torch.Tests;

public sealed class FlatParametersTests
{
    [Fact]
    public void LoadingTheFlatVectorChangesTheModel()
    {
        using var scope = NewDisposeScope();
        using var model = new Gpt(Specs.SmallModel);
        using var flat = new FlatParameters(model, CPU);
        float[] values = [.. Enumerable.Range(0, flat.Layout.Elements).Select(k => k * 0.5f)];

        flat.Load(values);

        Assert.Equal(values, model.parameters().SelectMany(Floats));
    }

    [Fact]
    public void BindingKeepsTheModelsValues()
    {
        using var scope = NewDisposeScope();
        using var model = new Gpt(Specs.SmallModel);
        var before = model.parameters().SelectMany(Floats).ToArray();

        using var flat = new FlatParameters(model, CPU);

        Assert.Equal(before, model.parameters().SelectMany(Floats));
    }

    [Fact]
    public void BackwardWritesEveryGradientIntoTheFlatVector()
    {
        using var scope = NewDisposeScope();
        using var model = new Gpt(Specs.SmallModel);
        using var flat = new FlatParameters(model, CPU);
        flat.ZeroGradient();

        model.call(tensor([1L, 2, 3], [1L, 3])).exp().sum().backward();

        var gradient = new float[flat.Layout.Elements];
        flat.FetchGradient(gradient);
        Assert.Equal(model.parameters().SelectMany(parameter => Floats(parameter.grad!)), gradient);
        Assert.All(flat.Layout.Entries, entry => Assert.Contains(gradient[entry.ElementOffset..(entry.ElementOffset + entry.Elements)], value => value != 0));
    }

    [Fact]
    public void BackwardAddsAndZeroingStartsAnew()
    {
        using var scope = NewDisposeScope();
        using var model = new Gpt(Specs.SmallModel);
        using var flat = new FlatParameters(model, CPU);
        var (once, twice, anew) = (new float[flat.Layout.Elements], new float[flat.Layout.Elements], new float[flat.Layout.Elements]);

        Backward(once);
        Backward(twice);
        flat.ZeroGradient();
        Backward(anew);

        Assert.Equal(once.Select(value => 2 * value), twice);
        Assert.Equal(once, anew);

        void Backward(float[] gradient)
        {
            model.call(tensor([1L, 2, 3], [1L, 3])).exp().sum().backward();
            flat.FetchGradient(gradient);
        }
    }

    [Fact]
    public void AVectorOfAnotherLengthIsRefused()
    {
        using var model = new Gpt(Specs.SmallModel);
        using var flat = new FlatParameters(model, CPU);

        Assert.Throws<ArgumentException>(() => flat.Load(new float[flat.Layout.Elements - 1]));
        Assert.Throws<ArgumentException>(() => flat.FetchGradient(new float[flat.Layout.Elements + 1]));
    }

    [Fact]
    public void ParametersOfAnotherTypeAreRefusedByName()
    {
        using var model = new Gpt(Specs.SmallModel).to(ScalarType.Float64);

        var error = Assert.Throws<ArgumentException>(() => new FlatParameters(model, CPU));

        Assert.Contains("wte.weight is Float64", error.Message, StringComparison.Ordinal);
    }

    private static float[] Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.contiguous().bytes).ToArray();
}
