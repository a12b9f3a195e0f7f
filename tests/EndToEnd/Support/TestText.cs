using System.Text;

namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>A text to train on: the same words in the same order on every machine.</summary>
internal static class TestText
{
    private const int Words = 20_000;

    private static readonly string[] Vocabulary =
        "the a step lane worker node view of and to in is was lost again waits for every sum grows while old new pushes never".Split(' ');

    private static readonly Lazy<string> File = new(Write);

    /// <summary>A file with it, for as long as this process lives.</summary>
    public static string Path => File.Value;

    private static string Write()
    {
        var text = new StringBuilder();
        var state = 1u;
        for (var word = 1; word <= Words; word++)
        {
            // Numerical Recipes' linear congruential generator; its high bits are the good ones.
            state = (state * 1664525u) + 1013904223u;
            text.Append(Vocabulary[(state >> 16) % Vocabulary.Length]).Append(word % 12 == 0 ? ".\n" : " ");
        }

        var folder = Directory.CreateTempSubdirectory("atomgrains-text-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var path = System.IO.Path.Combine(folder, "text.txt");
        System.IO.File.WriteAllText(path, text.ToString());
        return path;
    }
}
