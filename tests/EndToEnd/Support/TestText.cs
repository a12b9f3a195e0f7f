using AtomGrains.Chaos.Machine;

namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>A text to train on: the same words in the same order on every machine.</summary>
internal static class TestText
{
    private static readonly Lazy<string> File = new(Write);

    /// <summary>A file with it, for as long as this process lives.</summary>
    public static string Path => File.Value;

    private static string Write()
    {
        var folder = Directory.CreateTempSubdirectory("atomgrains-text-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var path = System.IO.Path.Combine(folder, "text.txt");
        ChaosText.Write(path);
        return path;
    }
}
