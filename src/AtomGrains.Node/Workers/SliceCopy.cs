using System.Buffers;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Node.Storage.Checkpoints;

namespace AtomGrains.Node.Workers;

/// <summary>A slice as it was at one moment, in the bytes of its object.</summary>
internal sealed class SliceCopy
{
    // Also what a store may send at once: a few of these are under way in parallel.
    private const int PartBytes = 8 << 20;

    private readonly List<byte[]> _rented = [];
    private readonly List<ReadOnlyMemory<byte>> _parts = [];

    private SliceCopy(StoreSlice slice, SliceHeader header)
    {
        Slice = slice;
        Header = header;
    }

    /// <summary>What was copied; its numbers have gone on since.</summary>
    public StoreSlice Slice { get; }

    public SliceHeader Header { get; }

    public IReadOnlyList<ReadOnlyMemory<byte>> Parts => _parts;

    public double BlockedSeconds { get; set; }

    public static SliceCopy Of(StoreSlice slice)
    {
        var copy = new SliceCopy(slice, new SliceHeader
        {
            Lineage = slice.Before.Lineage.Began.Value,
            Step = slice.Before.Step + 1,
            Generation = slice.Generation.Value,
            Partition = slice.Range.Id.Value,
            FirstElement = slice.Range.FirstElement,
            Elements = slice.Range.Elements,
            Last = slice.Before,
        });
        copy._parts.Add(SliceFile.Head(copy.Header));
        copy.Add(slice.Values.Span);
        copy.Add(slice.FirstMoment.Span);
        copy.Add(slice.SecondMoment.Span);
        return copy;
    }

    /// <summary>The bytes are not needed any more.</summary>
    public void Release() => _rented.ForEach(part => ArrayPool<byte>.Shared.Return(part));

    private void Add(ReadOnlySpan<float> numbers)
    {
        for (; numbers.Length > 0; numbers = numbers[Math.Min(numbers.Length, PartBytes / sizeof(float))..])
        {
            var piece = numbers[..Math.Min(numbers.Length, PartBytes / sizeof(float))];
            var bytes = ArrayPool<byte>.Shared.Rent(piece.Length * sizeof(float));
            SliceFile.Copy(piece, bytes.AsSpan(0, piece.Length * sizeof(float)));
            _rented.Add(bytes);
            _parts.Add(bytes.AsMemory(0, piece.Length * sizeof(float)));
        }
    }
}
