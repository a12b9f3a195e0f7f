namespace AtomGrains.Torch.Tests.Support;

/// <summary>A fact about TorchSharp itself: skipped, and counted as skipped, where no TorchSharp.dll is at hand.</summary>
internal sealed class FactWithTorchSharpAttribute : FactAttribute
{
    private const string Variable = "ATOMGRAINS_TORCHSHARP_DLL";

    public FactWithTorchSharpAttribute()
    {
#if LIBTORCH_ENGINE
        Skip = Path is null ? $"{Variable} names no TorchSharp.dll" : null;
#endif
    }

    /// <summary>The assembly to compare with; null where the build itself uses TorchSharp.</summary>
    internal static string? Path => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? path : null;
}
