using System.Security.Cryptography;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Node.Storage.Objects;

namespace AtomGrains.Node.Storage.Checkpoints;

/// <summary>
/// Reads a slice from its first byte to its last, whatever part of it is wanted: what is handed on has been checked
/// against the manifest's hash.
/// </summary>
internal sealed class SliceReader(IObjectStore store)
{
    private const int ChunkBytes = 4 << 20;
    private const int Sections = 3;

    private readonly byte[] _chunk = new byte[ChunkBytes];

    /// <summary>Checks an object without keeping anything of it.</summary>
    /// <exception cref="InvalidDataException">It is not what the manifest says.</exception>
    public void Verify(CheckpointId checkpoint, StoredSlice slice) => Read(checkpoint, slice, (_, _, _) => { });

    /// <summary>Copies what a slice holds of the flat vectors' elements from <paramref name="first"/> on.</summary>
    /// <param name="into">Values, first and second moment of these elements ([elements] float32 each).</param>
    /// <exception cref="InvalidDataException">It is not what the manifest says; what was copied is worth nothing.</exception>
    public void Read(CheckpointId checkpoint, StoredSlice slice, int first, float[][] into) => Read(checkpoint, slice, (section, element, bytes) =>
    {
        // Elements of the flat vector, [from, to), that are both in the bytes and wanted.
        var begin = slice.FirstElement + element;
        var from = Math.Max(begin, first);
        var to = Math.Min(begin + (bytes.Length / sizeof(float)), first + into[section].Length);
        if (from < to)
        {
            SliceFile.Copy(bytes[((from - begin) * sizeof(float))..((to - begin) * sizeof(float))], into[section].AsSpan((from - first)..(to - first)));
        }
    });

    private delegate void Sink(int section, int element, ReadOnlySpan<byte> bytes);

    private void Read(CheckpointId checkpoint, StoredSlice slice, Sink sink)
    {
        if (store.List(slice.Object).FirstOrDefault(entry => entry.Name == slice.Object) is not { } found)
        {
            throw new InvalidDataException("it is missing");
        }

        if (found.Bytes != slice.Bytes)
        {
            throw new InvalidDataException($"it has {found.Bytes} bytes, the manifest says {slice.Bytes}");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var data = ReadHead(checkpoint, slice, hash);
        for (var section = 0; section < Sections; section++)
        {
            for (var element = 0; element < slice.Elements;)
            {
                var count = Math.Min(slice.Elements - element, ChunkBytes / sizeof(float));
                var bytes = _chunk.AsSpan(0, count * sizeof(float));
                store.ReadRange(slice.Object, data, bytes);
                hash.AppendData(bytes);
                sink(section, element, bytes);
                (element, data) = (element + count, data + bytes.Length);
            }
        }

        if (Convert.ToHexStringLower(hash.GetHashAndReset()) is var actual && actual != slice.Sha256)
        {
            throw new InvalidDataException($"its SHA-256 is {actual}, the manifest says {slice.Sha256}");
        }
    }

    // Returns where the numbers begin.
    private long ReadHead(CheckpointId checkpoint, StoredSlice slice, IncrementalHash hash)
    {
        var prefix = new byte[SliceFile.PrefixBytes];
        store.ReadRange(slice.Object, 0, prefix);
        var json = new byte[SliceFile.HeaderBytes(prefix)];
        store.ReadRange(slice.Object, prefix.Length, json);
        hash.AppendData(prefix);
        hash.AppendData(json);
        var header = SliceFile.Header(json);
        var data = prefix.Length + json.Length;
        var isRight = header.Lineage == checkpoint.Lineage.Began.Value && header.Step == checkpoint.Step
            && header.FirstElement == slice.FirstElement && header.Elements == slice.Elements && SliceFile.Length(header, data) == slice.Bytes;
        return isRight ? data : throw new InvalidDataException($"it is of step {header.Step} of l{header.Lineage}, elements {header.FirstElement} to {header.FirstElement + header.Elements}");
    }
}
