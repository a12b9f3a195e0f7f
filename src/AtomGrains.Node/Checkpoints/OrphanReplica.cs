using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Partitions;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage.Checkpoints;

namespace AtomGrains.Node.Checkpoints;

/// <summary>A replica as an orphaned node left it, checked against its hash.</summary>
internal sealed record OrphanReplica(SliceHeader Header, byte[] Numbers, IReadOnlyList<OrphanParameter> Parameters)
{
    // Values and two moments, and the reduced slice behind them.
    private const int Sections = 3;

    public bool HoldsReduced => Header.ReducedLoss is not null;

    /// <exception cref="InvalidDataException">It is torn, or something else.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static OrphanReplica Read(string folder, OrphanSlice slice, IReadOnlyList<OrphanParameter> parameters)
    {
        var bytes = File.ReadAllBytes(Path.Combine(folder, slice.File));
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != slice.Sha256)
        {
            throw new InvalidDataException("it is not what its node has written");
        }

        var head = SliceFile.PrefixBytes + SliceFile.HeaderBytes(bytes);
        var header = SliceFile.Header(bytes.AsSpan(SliceFile.PrefixBytes..head));
        return bytes.Length == SliceFile.Length(header, head)
            ? new OrphanReplica(header, bytes[head..], parameters)
            : throw new InvalidDataException($"it has {bytes.Length} bytes, its header tells of {SliceFile.Length(header, head)}");
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
        var bytes = Header.Elements * sizeof(float);
        Numbers.AsSpan(section * bytes, bytes).CopyTo(MemoryMarshal.AsBytes(numbers.AsSpan()));
        return numbers;
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
