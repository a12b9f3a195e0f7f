using System.Reflection;
using AtomGrains.Torch.Tests.Support;

namespace AtomGrains.Torch.Tests;

/// <summary>
/// The binding is a subset of TorchSharp, written down in PublicSurface.txt. To change the subset, change the file;
/// set ATOMGRAINS_TORCHSHARP_DLL to a TorchSharp.dll to see that TorchSharp agrees.
/// </summary>
public sealed class PublicSurfaceTests
{
    private static readonly string[] Listed =
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "PublicSurface.txt")).Where(line => line.Length > 0 && line[0] != '#')];

#if LIBTORCH_ENGINE
    [Fact]
    public void TheBindingIsExactlyTheListedSubset()
    {
        var actual = PublicSurface.Of(typeof(TorchSharp.torch).Assembly, inherited: false);

        Assert.Equal(string.Join('\n', Listed), string.Join('\n', actual));
    }
#endif

    [FactWithTorchSharp]
    public void TorchSharpHasEveryListedMember()
    {
        var assembly = FactWithTorchSharpAttribute.Path is { } path ? Assembly.LoadFrom(path) : typeof(TorchSharp.torch).Assembly;

        var theirs = PublicSurface.Of(assembly, inherited: true).ToHashSet();

        Assert.Equal([], Listed.Where(line => !theirs.Contains(line)));
    }
}
