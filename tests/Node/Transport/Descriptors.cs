namespace AtomGrains.Node.Tests.Transport;

internal static class Descriptors
{
    /// <summary>Sockets this process has open.</summary>
    public static int Open() => Directory.GetFiles("/proc/self/fd").Count(path =>
        new FileInfo(path).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);
}
