using System.Buffers.Binary;
using System.Globalization;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Node.Storage;

/// <summary>
/// <c>roots/</c> of a run folder: the beginnings of all blocks' hashes at each version, by which a block that differs is
/// found. Files of fixed records; each coordinator begins one of its own, and the oldest go when there are too many, so the
/// folder is bounded however long the run is. What is gone can be computed again: the roots stay in the metrics.
/// </summary>
public sealed class LeafSegments(string folder) : IDisposable
{
    public const string FolderName = "roots";

    /// <summary>Of one file, beyond which the next begins. With <see cref="MostFiles"/> the folder takes 64 MiB at most.</summary>
    internal const long MostBytes = 8 << 20;

    internal const int MostFiles = 8;

    private const string Suffix = ".bin";
    private const int HeaderBytes = 16;
    private const int KeyBytes = 16;

    private static ReadOnlySpan<byte> Magic => "AGLEAF1\n"u8;

    /// <summary>What a run of so many steps takes at most.</summary>
    internal static long BytesOf(long steps, long blocks)
    {
        // A file grows by one record beyond its bound before the next begins.
        var record = KeyBytes + (blocks * PartitionProof.LeafBytes);
        return blocks > PartitionProof.MostLeaves ? 0 : Math.Min(steps * record, MostFiles * (MostBytes + record)) + (MostFiles * HeaderBytes);
    }

    private readonly string _folder = Path.Combine(folder, FolderName);
    private FileStream? _file;
    private int _blocks;

    /// <summary>Adds a version's leaves ([blocks × <see cref="PartitionProof.LeafBytes"/>] bytes). Not synced: it can be computed again.</summary>
    public void Append(Core.Membership.Lineage lineage, long version, ReadOnlySpan<byte> leaves)
    {
        var blocks = leaves.Length / PartitionProof.LeafBytes;
        if (_file is null || _file.Length > MostBytes || blocks != _blocks)
        {
            Begin(blocks);
        }

        var record = new byte[KeyBytes + leaves.Length];
        BinaryPrimitives.WriteInt64LittleEndian(record, lineage.Began.Value);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(8), version);
        leaves.CopyTo(record.AsSpan(KeyBytes));
        _file!.Write(record);
    }

    /// <summary>The leaves of a version of a history; null when they are not there, or no more.</summary>
    /// <exception cref="InvalidDataException">A file is none of these.</exception>
    public static byte[]? Find(string folder, long lineage, long version)
    {
        // The newest first: a version that was proven again after a fault has the same leaves.
        foreach (var (_, path) in Files(Path.Combine(folder, FolderName)).AsEnumerable().Reverse())
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            if (BlocksOf(file, path) is not { } blocks)
            {
                continue;
            }

            var record = new byte[KeyBytes + (blocks * PartitionProof.LeafBytes)];
            while (file.ReadAtLeast(record, record.Length, throwOnEndOfStream: false) == record.Length)
            {
                if (BinaryPrimitives.ReadInt64LittleEndian(record) == lineage && BinaryPrimitives.ReadInt64LittleEndian(record.AsSpan(8)) == version)
                {
                    return record[KeyBytes..];
                }
            }
        }

        return null;
    }

    public void Dispose() => _file?.Dispose();

    private void Begin(int blocks)
    {
        _file?.Dispose();
        Directory.CreateDirectory(_folder);
        var files = Files(_folder);
        foreach (var (_, path) in files.Take(files.Count - MostFiles + 1))
        {
            File.Delete(path);
        }

        var number = files.Count == 0 ? 1 : files[^1].Number + 1;
        _blocks = blocks;

        // No buffer of our own: what was appended outlives this process.
        _file = new FileStream(Path.Combine(_folder, number.ToString("d6", CultureInfo.InvariantCulture) + Suffix), FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), blocks);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), PartitionProof.LeafBytes);
        _file.Write(header);
    }

    // Null for a file whose writer was killed before its header was whole.
    private static int? BlocksOf(FileStream file, string path)
    {
        var header = new byte[HeaderBytes];
        if (file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes)
        {
            return null;
        }

        var (blocks, leafBytes) = (BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(8)), BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(12)));
        return header.AsSpan(0, 8).SequenceEqual(Magic) && leafBytes == PartitionProof.LeafBytes && blocks is >= 1 and <= PartitionProof.MostLeaves
            ? blocks
            : throw new InvalidDataException($"{path} holds no hashes of blocks that this version reads");
    }

    private static List<(int Number, string Path)> Files(string folder) =>
        !Directory.Exists(folder) ? [] : [.. Directory.EnumerateFiles(folder, "*" + Suffix)
            .Select(path => (Number: int.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0, path))
            .Where(file => file.Number > 0).Order()];
}
