namespace AtomGrains.Deployment.Tests.Images;

/// <summary>
/// An image brings its tensor engine with it, except where the TorchSharp package does not restore: then it is the machine's
/// libtorch, which is lent to it.
/// </summary>
internal static class MachinesEngine
{
    private const string Native = "/opt/native";
    // With what is above the folder of the architecture: Debian has a library or two there.
    private const string Libraries = "/usr/lib";

    /// <summary>As <c>./atom test</c> chose it.</summary>
    public static string Name => Environment.GetEnvironmentVariable("TensorEngine") ?? "TorchSharp";

    public static IReadOnlyList<string> Mounts => File is null ? [] :
    [
        "--bind-read-only", Path.GetDirectoryName(File)!, Native,
        "--bind-read-only", Libraries, Libraries,
        // BLAS and LAPACK are links through it.
        "--bind-read-only", "/etc/alternatives", "/etc/alternatives",
    ];

    public static IReadOnlyList<string> Variables => File is null ? [] :
        [$"ATOMGRAINS_NATIVE={Path.Combine(Native, Path.GetFileName(File))}", $"LD_LIBRARY_PATH={Environment.GetEnvironmentVariable("LD_LIBRARY_PATH")}"];

    private static string? File => Name == "LibTorch" ? Environment.GetEnvironmentVariable("ATOMGRAINS_NATIVE") : null;
}
