using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Partitions;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;

namespace AtomGrains.Node.Checkpoints;

/// <summary>Writes what an orphaned node holds (PROTOCOL, Records): each full replica with its last decision and any reduced slice.</summary>
public static class OrphanFiles
{
    /// <param name="folder">The run folder.</param>
    /// <param name="replicas">By partition; joiners that are not full are left out.</param>
    /// <exception cref="IOException">They could not be written.</exception>
    public static void Write(string folder, NodeId node, Generation generation, ParameterLayout layout, PartitionLayout partitions, IReadOnlyDictionary<PartitionId, PartitionReplica> replicas)
    {
        var own = Path.Combine(folder, OrphanRecord.FolderName, node.Value.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(own);
        var slices = partitions.Partitions
            .Where(range => replicas.TryGetValue(range.Id, out var replica) && replica.State.IsComplete)
            .Select(range => WriteSlice(own, generation, range, replicas[range.Id].State)).ToList();
        var record = new OrphanRecord
        {
            Node = node.Value,
            Generation = generation.Value,
            Parameters = [.. layout.Entries.Select(entry => new OrphanParameter(entry.Elements, entry.Decay))],
            Slices = slices,
        };
        DurableFile.Write(Path.Combine(own, OrphanRecord.FileName), JsonSerializer.SerializeToUtf8Bytes(record, OrphanJson.Default.OrphanRecord));
    }

    private static OrphanSlice WriteSlice(string own, Generation generation, PartitionRange range, ReplicaState state)
    {
        var header = new SliceHeader
        {
            Lineage = state.Lineage.Began.Value,
            Step = state.Version!.Value,
            Generation = generation.Value,
            Partition = range.Id.Value,
            FirstElement = range.FirstElement,
            Elements = range.Elements,
            Last = state.Last,
            ReducedLoss = state.Reduced?.Loss,
        };
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var name = string.Create(CultureInfo.InvariantCulture, $"p{range.Id.Value}.slice");
        DurableFile.Write(Path.Combine(own, name), stream =>
        {
            Append(SliceFile.Head(header));
            foreach (var numbers in (float[]?[])[state.Values, state.FirstMoment, state.SecondMoment, state.Reduced?.Slice])
            {
                // The machines this runs on are little-endian, as the format is.
                Append(MemoryMarshal.AsBytes(numbers.AsSpan()));
            }

            void Append(ReadOnlySpan<byte> bytes)
            {
                hash.AppendData(bytes);
                stream.Write(bytes);
            }
        });
        return new OrphanSlice(name, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
