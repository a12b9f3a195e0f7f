using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace AtomGrains.Torch.Tests;

#if LIBTORCH_ENGINE
// TorchSharp aborts the process on some of these, which is why our models check shapes first; the binding may not.
public sealed class EngineErrorTests
{
    [Fact]
    public void AShapeMismatchIsAnExceptionWithTheEnginesWords()
    {
        using var scope = NewDisposeScope();

        var error = Assert.Throws<ExternalException>(() => zeros([2, 3]).matmul(zeros([4, 5])));

        Assert.Contains("2x3 and 4x5", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AViewOfAnotherSizeIsAnException()
    {
        using var scope = NewDisposeScope();

        Assert.Throws<ExternalException>(() => zeros([2, 3]).view(7));
    }

    [Fact]
    public void BackwardOfAVectorIsAnException()
    {
        using var scope = NewDisposeScope();
        var vector = ones(3, requires_grad: true) * 2;

        var error = Assert.Throws<ExternalException>(vector.backward);

        Assert.Contains("scalar", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AGradientOfAnotherShapeIsAnException()
    {
        using var scope = NewDisposeScope();
        var leaf = ones(3, requires_grad: true);

        Assert.Throws<ExternalException>(() => leaf.grad = zeros(4));
    }

    [Fact]
    public void ADisposedTensorIsAnExceptionAndNotACrash()
    {
        var tensor = ones(3);
        tensor.Dispose();

        Assert.Throws<InvalidOperationException>(() => tensor.sum());
    }

    [Fact]
    public void AnErrorLeavesTheEngineUsable()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ExternalException>(() => zeros([2, 3]).matmul(zeros([4, 5])));

        Assert.Equal(6, TorchSharp.TensorExtensionMethods.ToDouble(ones(2, 3).sum()));
    }
}
#endif
