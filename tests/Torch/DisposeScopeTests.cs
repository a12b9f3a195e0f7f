using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AtomGrains.Torch.Tests;

public sealed class DisposeScopeTests
{
    [Fact]
    public void AScopeReleasesWhatWasMadeInItAndNothingElse()
    {
        using var before = ones(1);
        Tensor within;
        using (NewDisposeScope())
        {
            within = ones(1);
        }

        Assert.True(within.IsInvalid);
        Assert.False(before.IsInvalid);
    }

    [Fact]
    public void ATensorMovedOutBelongsToTheOuterScope()
    {
        Tensor moved;
        using (NewDisposeScope())
        {
            using (NewDisposeScope())
            {
                moved = ones(1).MoveToOuterDisposeScope();
            }

            Assert.False(moved.IsInvalid);
        }

        Assert.True(moved.IsInvalid);
    }

    [Fact]
    public void ADetachedTensorIsTheCallers()
    {
        Tensor detached;
        using (NewDisposeScope())
        {
            detached = ones(1).DetachFromDisposeScope();
        }

        Assert.False(detached.IsInvalid);
        detached.Dispose();
    }

    [Fact]
    public void AModuleOutlivesTheScopeThatItWasBuiltIn()
    {
        Linear linear;
        using (NewDisposeScope())
        {
            linear = nn.Linear(2, 3);
        }

        Assert.False(linear.weight!.IsInvalid);
        linear.Dispose();
    }

    [Fact]
    public void DisposedTensorsLeaveTheScope()
    {
        using var scope = NewDisposeScope();
        for (var k = 0; k < 100; k++)
        {
            ones(1).Dispose();
        }

        Assert.Equal(0, scope.DisposablesCount);
    }
}
