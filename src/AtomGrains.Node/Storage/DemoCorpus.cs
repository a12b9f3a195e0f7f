using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using AtomGrains.Core.Options;

namespace AtomGrains.Node.Storage;

/// <summary>
/// English text that every .NET SDK carries: the prose of the XML documentation in its reference packs, a
/// sentence or paragraph a line, each once, in the order of the files' names, cut to <see cref="MostBytes"/>.
/// Printable ASCII only, which keeps the character vocabulary below 100. The same SDK gives the same bytes.
/// </summary>
public static class DemoCorpus
{
    /// <summary>
    /// Four times the text that nanoGPT's small configurations are made for: enough, and read in about a second.
    /// </summary>
    public const int MostBytes = 4_000_000;

    private const int FewestLetters = 24;

    /// <summary>A longer one is a table or a listing.</summary>
    private const int MostLetters = 4000;

    /// <exception cref="InvalidSettingsException">No .NET root of this machine has reference packs.</exception>
    public static Corpus Load() => Load(DotnetRoots());

    public static Corpus Load(IEnumerable<string> roots)
    {
        var files = roots.Select(FilesUnder).FirstOrDefault(found => found.Count > 0)
            ?? throw new InvalidSettingsException(new SettingError(
                Corpus.Setting,
                "",
                "the .NET SDK's documentation (packs/*/ref/**/*.xml) was not found; must be given as a text or a folder"));
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
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        foreach (var folder in path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            var host = new FileInfo(Path.Combine(folder, "dotnet"));
            if (host.Exists)
            {
                var target = host.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? host.FullName;
                yield return Path.GetDirectoryName(target)!;
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
                .Select(NewestOf).OfType<string>()
                .Select(version => Path.Combine(version, "ref"))
                .Where(Directory.Exists)
                .SelectMany(reference => Directory
                    .EnumerateFiles(reference, "*.xml", SearchOption.AllDirectories).Order(StringComparer.Ordinal)),
        ];
    }

    private static string? NewestOf(string pack) => Directory.EnumerateDirectories(pack)
        .OrderByDescending(VersionOf).ThenBy(name => name, StringComparer.Ordinal).FirstOrDefault();

    private static Version VersionOf(string folder) =>
        Version.TryParse(Path.GetFileName(folder).Split('-')[0], out var version) ? version : new Version();

    private static byte[] Prose(List<string> files)
    {
        using var text = new MemoryStream(MostBytes);
        var seen = new HashSet<UInt128>();
        var prose = new XmlProse();
        _ = files.All(file => prose.Read(file, line => Take(line, text, seen)));
        return text.ToArray();
    }

    /// <returns>False when the text is full.</returns>
    private static bool Take(ReadOnlySpan<char> line, MemoryStream text, HashSet<UInt128> seen)
    {
        if (line.Length is < FewestLetters or > MostLetters || !Ascii.IsValid(line))
        {
            return true;
        }

        Span<byte> bytes = stackalloc byte[MostLetters + 1];
        Ascii.FromUtf16(line, bytes, out var length);
        bytes[length++] = (byte)'\n';
        if (text.Length + length > MostBytes)
        {
            return false;
        }

        // A fingerprint stands for the line, so that a hundred thousand of them need not be kept.
        Span<byte> fingerprint = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..length], fingerprint);
        if (seen.Add(BinaryPrimitives.ReadUInt128LittleEndian(fingerprint)))
        {
            text.Write(bytes[..length]);
        }

        return true;
    }
}
