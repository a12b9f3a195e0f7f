using System.Text;

namespace AtomGrains.Chaos.Machine;

/// <summary>A text to train on: the same words in the same order on every machine.</summary>
internal static class ChaosText
{
    private const int Words = 20_000;

    private static readonly string[] Vocabulary =
        "the a step lane worker node view of and to in is was lost again waits for every sum grows while old new pushes never".Split(' ');

    public static void Write(string path)
    {
        var text = new StringBuilder();
        var state = 1u;
        for (var word = 1; word <= Words; word++)
        {
            // Numerical Recipes' linear congruential generator; its high bits are the good ones.
            state = (state * 1664525u) + 1013904223u;
            text.Append(Vocabulary[(state >> 16) % Vocabulary.Length]).Append(word % 12 == 0 ? ".\n" : " ");
        }

        File.WriteAllText(path, text.ToString());
    }
}
