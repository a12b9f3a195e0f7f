using System.Text.Json;

namespace AtomGrains.Node.Storage;

/// <summary>
/// The fault ledger of a run folder as anybody may read it, also while the run goes on or after it was cut off in the
/// middle of a line. docs/fault-ledger.md says what stands in it.
/// </summary>
/// <param name="Lines">In the order in which they were written.</param>
/// <param name="Open">Losses that are known and have no line yet: their recovery goes on, or their coordinator died first.</param>
/// <param name="TornBytes">Length of a last line that was cut off, and is left out; 0 when there is none.</param>
public sealed record FaultHistory(IReadOnlyList<FaultLine> Lines, IReadOnlyList<FaultLine> Open, long TornBytes)
{
    /// <param name="folder">The run folder; a ledger that is not there yet is empty.</param>
    /// <exception cref="InvalidDataException">A whole line is not a ledger's, or is of a schema that this version cannot read.</exception>
    public static FaultHistory Read(string folder)
    {
        var path = Path.Combine(folder, RunFolder.FaultsFileName);
        var (lines, torn) = File.Exists(path) ? (Lines(path), JsonLines.TornBytes(path)) : ([], 0);
        var told = lines.Select(line => (line.Who, line.Ts)).ToHashSet();
        return new FaultHistory(lines, [.. Losses(folder).Where(loss => !told.Contains((loss.Who, loss.Ts))).OrderBy(loss => loss.Ts)], torn);

        static IReadOnlyList<FaultLine> Lines(string path)
        {
            var lines = JsonLines.Read(path, StorageJson.Default.FaultLine);
            var newer = lines.Select((line, index) => (line.Schema, Number: index + 1)).FirstOrDefault(line => line.Schema > FaultLine.CurrentSchema);
            return newer == default
                ? [.. lines.Select(line => line.Schema == 0 ? line with { Schema = 1 } : line)]
                : throw new InvalidDataException($"{RunFolder.FaultsFileName}: line {newer.Number} has schema {newer.Schema}; this version reads up to {FaultLine.CurrentSchema}");
        }
    }

    private static IEnumerable<FaultLine> Losses(string folder)
    {
        // Read beside a writer: only files under their final names are whole.
        var losses = Path.Combine(folder, FaultLedger.FolderName);
        return Directory.Exists(losses)
            ? Directory.EnumerateFiles(losses, "*.json").Where(file => !Path.GetFileName(file).StartsWith(DurableFile.TemporaryPrefix, StringComparison.Ordinal))
                .Select(file => JsonSerializer.Deserialize(File.ReadAllBytes(file), StorageJson.Default.FaultLine)!)
            : [];
    }
}
