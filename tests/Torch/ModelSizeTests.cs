using AtomGrains.Core.Runs;
using AtomGrains.Torch.Tests.Support;

namespace AtomGrains.Torch.Tests;

public sealed class ModelSizeTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ParametersCountedWithoutAnEngineAreThoseOfTheModel(bool bias)
    {
        var model = Specs.SmallModel with { Bias = bias };
        using var loop = Replica.Create(Specs.Run(model));

        Assert.Equal(loop.Layout.Elements, ModelSize.Elements(model));
    }
}
