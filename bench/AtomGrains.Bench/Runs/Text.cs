using System.Text;
using AtomGrains.Node.Storage;

namespace AtomGrains.Bench.Runs;

/// <summary>The text that benches train on: the demo's.</summary>
internal static class Text
{
    public static void Write(string path)
    {
        var text = new StringBuilder();
        DemoCorpus.Load().Read(runes =>
        {
            foreach (var rune in runes)
            {
                text.Append(rune.ToString());
            }
        });
        File.WriteAllText(path, text.ToString());
    }
}
