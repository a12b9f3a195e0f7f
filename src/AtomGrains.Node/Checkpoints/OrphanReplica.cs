using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Partitions;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using Microsoft.Win32.SafeHandles;

namespace AtomGrains.Node.Checkpoints;

/// <summary>A replica as an orphaned node left it, checked against its hash. Its numbers stay in the file until they are used.</summary>
/// <param name="HeadBytes">Before the numbers.</param>
internal sealed record OrphanReplica(SliceHeader Header, string File, int HeadBytes, IReadOnlyList<OrphanParameter> Parameters)
{
    // Values and two moments, and the reduced slice behind them.
    private const int Sections = 3;

    private const int ChunkBytes = 1 << 20;

    public bool HoldsReduced => Header.ReducedLoss is not null;

    /// <exception cref="InvalidDataException">It is torn, or something else.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static OrphanReplica Read(string folder, OrphanSlice slice, IReadOnlyList<OrphanParameter> parameters)
    {
        var path = Path.Combine(folder, slice.File);
        using var file = System.IO.File.OpenHandle(path);
        var prefix = new byte[SliceFile.PrefixBytes];
        ReadAt(file, 0, prefix);
        var json = new byte[SliceFile.HeaderBytes(prefix)];
        ReadAt(file, prefix.Length, json);
        var (header, head) = (SliceFile.Header(json), prefix.Length + json.Length);
        var length = RandomAccess.GetLength(file);
        if (length != SliceFile.Length(header, head))
        {
            throw new InvalidDataException($"it has {length} bytes, its header tells of {SliceFile.Length(header, head)}");
        }

        return HashOf(file, length) == slice.Sha256
            ? new OrphanReplica(header, path, head, parameters)
            : throw new InvalidDataException("it is not what its node has written");
    }

    /// <summary>Values and moments, passed through the decision when one is given, by the very code that a living replica runs.</summary>
    public ReplicaState State(PartitionRange range, RunSpec spec, Decision? decision)
    {
        var lineage = new Lineage(new Generation(Header.Lineage));
        var state = new ReplicaState(range, Layout(), new AdamW(spec.Optimizer), new FloatPool());
        state.Begin(lineage, Header.Step, new SliceContent(Section(0), Section(1), Section(2)));
        state.StartAt(new StepKey(lineage, Header.Step, decision?.Previous ?? Header.Last?.Digest ?? DecisionDigest.Genesis(lineage)), Header.Last);
        if (decision is not null)
        {
            if (HoldsReduced)
            {
                var reduced = Section(Sections);
                state.Hold(new ReducedSlice(reduced, Header.ReducedLoss!.Value, SliceDigest.Of(reduced)));
            }

            state.Advance(decision, decision.Kind == DecisionKind.Commit);
        }

        return state;
    }

    private float[] Section(int section)
    {
        var numbers = new float[Header.Elements];
        using var file = System.IO.File.OpenHandle(File);
        for (var first = 0; first < numbers.Length; first += ChunkBytes / sizeof(float))
        {
            var chunk = numbers.AsSpan(first, Math.Min(ChunkBytes / sizeof(float), numbers.Length - first));

            // The machines this runs on are little-endian, as the format is.
            ReadAt(file, HeadBytes + ((((long)section * numbers.Length) + first) * sizeof(float)), MemoryMarshal.AsBytes(chunk));
        }

        return numbers;
    }

    private static string HashOf(SafeFileHandle file, long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[ChunkBytes];
        for (var offset = 0L; offset < length; offset += ChunkBytes)
        {
            var chunk = buffer.AsSpan(0, (int)Math.Min(ChunkBytes, length - offset));
            ReadAt(file, offset, chunk);
            hash.AppendData(chunk);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void ReadAt(SafeFileHandle file, long offset, Span<byte> bytes)
    {
        if (!FileRange.TryRead(file, offset, bytes))
        {
            throw new InvalidDataException($"it ends before byte {offset + bytes.Length}");
        }
    }

    private ParameterLayout Layout()
    {
        var offset = 0;
        var entries = new List<ParameterEntry>();
        foreach (var parameter in Parameters)
        {
            entries.Add(new ParameterEntry($"{entries.Count}", [parameter.Elements], offset, parameter.Decay));
            offset += parameter.Elements;
        }

        return new ParameterLayout(entries);
    }
}
