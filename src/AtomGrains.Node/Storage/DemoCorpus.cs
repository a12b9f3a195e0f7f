using System.Runtime.InteropServices;
using System.Text;
using System.Xml;
using AtomGrains.Core.Options;

namespace AtomGrains.Node.Storage;

/// <summary>
/// English text that every .NET SDK carries: the prose of the XML documentation in its reference packs, a
/// sentence or paragraph a line, each once, in the order of the files' names, cut to <see cref="MostBytes"/>.
/// Printable ASCII only, which keeps the character vocabulary below 100. The same SDK gives the same bytes.
/// </summary>
public static class DemoCorpus
{
    /// <summary>Four times the text that nanoGPT's small configurations are made for: enough, and read in about a second.</summary>
    public const int MostBytes = 4_000_000;

    private const int FewestLetters = 24;

    // Elements that hold a text of their own; anything else inside (c, para, see) belongs to the text around it.
    private static readonly HashSet<string> Blocks = ["summary", "remarks", "returns", "param", "typeparam", "value", "exception"];

    /// <exception cref="InvalidSettingsException">No .NET root of this machine has reference packs.</exception>
    public static Corpus Load() => Load(DotnetRoots());

    public static Corpus Load(IEnumerable<string> roots)
    {
        var files = roots.Select(FilesUnder).FirstOrDefault(found => found.Count > 0)
            ?? throw new InvalidSettingsException(new SettingError(
                Corpus.Setting, "", "the .NET SDK's documentation (packs/*/ref/**/*.xml) was not found; must be given as a text file or a folder"));
        return Corpus.FromBytes("the .NET SDK's documentation", Prose(files));
    }

    /// <summary>Where .NET may be installed: as told, the running one, and the one on the path.</summary>
    private static IEnumerable<string> DotnetRoots()
    {
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } told)
        {
            yield return told;
        }

        // shared/Microsoft.NETCore.App/<version>/ lies three below the root.
        yield return Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            var host = new FileInfo(Path.Combine(folder, "dotnet"));
            if (host.Exists)
            {
                yield return Path.GetDirectoryName(host.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? host.FullName)!;
            }
        }
    }

    private static List<string> FilesUnder(string root)
    {
        var packs = Path.Combine(root, "packs");
        if (!Directory.Exists(packs))
        {
            return [];
        }

        // One version a pack: two would give the same sentences in another order.
        return
        [
            .. Directory.EnumerateDirectories(packs).Order(StringComparer.Ordinal)
                .SelectMany(pack => Directory.EnumerateDirectories(pack).OrderByDescending(VersionOf).ThenBy(name => name, StringComparer.Ordinal).Take(1))
                .Select(version => Path.Combine(version, "ref"))
                .Where(Directory.Exists)
                .SelectMany(reference => Directory.EnumerateFiles(reference, "*.xml", SearchOption.AllDirectories).Order(StringComparer.Ordinal)),
        ];
    }

    private static Version VersionOf(string folder) =>
        Version.TryParse(Path.GetFileName(folder).Split('-')[0], out var version) ? version : new Version();

    private static byte[] Prose(List<string> files)
    {
        var text = new StringBuilder(MostBytes);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in files.SelectMany(Lines))
        {
            if (text.Length + line.Length + 1 > MostBytes)
            {
                break;
            }

            if (line.Length >= FewestLetters && Ascii.IsValid(line) && seen.Add(line))
            {
                text.Append(line).Append('\n');
            }
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static IEnumerable<string> Lines(string file)
    {
        using var reader = XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, IgnoreComments = true });
        var line = new StringBuilder();
        while (reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element when Blocks.Contains(reader.Name):
                    line.Clear();
                    break;
                case XmlNodeType.Element:
                    line.Append(Mentioned(reader));
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    line.Append(reader.Value);
                    break;
                case XmlNodeType.EndElement when Blocks.Contains(reader.Name):
                    yield return string.Join(' ', line.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
                    line.Clear();
                    break;
            }
        }
    }

    /// <summary>What a reader sees of a reference: <c>T:System.Text.Rune</c> as Rune, <c>M:A.B(System.Int32)</c> as B.</summary>
    private static string Mentioned(XmlReader element)
    {
        var target = element.GetAttribute("cref") ?? element.GetAttribute("name") ?? element.GetAttribute("langword") ?? "";
        var name = target.Split('(')[0].Split(':')[^1].Split('.')[^1];
        return name.Split('`')[0];
    }
}
