using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Core.Protocol.Nodes;

/// <summary>
/// Messages of a view that is still on its way here: as good as ones that take longer. Copies, so bounded in number
/// and in bytes; what finds no place costs time and no lane, since who lacks it asks again once the view is there.
/// </summary>
/// <param name="mostBytes">Of slices, samples and lists. One message is always held, whatever its size.</param>
public sealed class HeldMessages(int most, long mostBytes)
{
    private readonly List<(NodeId From, TensorMessage Message)> _held = [];

    public bool IsEmpty => _held.Count == 0;

    /// <summary>Of what is held.</summary>
    public long Bytes { get; private set; }

    /// <summary>Copies a message; false when there is no place for it.</summary>
    public bool TryAdd(NodeId from, TensorMessage message)
    {
        var bytes = BytesOf(message);
        if (_held.Count >= most || (_held.Count > 0 && Bytes + bytes > mostBytes))
        {
            return false;
        }

        Bytes += bytes;
        _held.Add((from, message is SliceMessage slice ? slice.Copy() : message));
        return true;
    }

    /// <summary>Takes out what is of a generation, in the order in which it came, and drops what is older.</summary>
    public IReadOnlyList<(NodeId From, TensorMessage Message)> Take(Generation generation)
    {
        var due = _held.Where(held => held.Message.Generation == generation).ToList();
        _held.RemoveAll(held => held.Message.Generation <= generation);
        Bytes = _held.Sum(held => BytesOf(held.Message));
        return due;
    }

    private static long BytesOf(TensorMessage message) => message switch
    {
        SliceMessage slice => sizeof(float) * (long)slice.Slice.Length,
        SamplesSent sent => (sizeof(ushort) * (long)sent.Tokens.Length) + (sizeof(long) * (long)sent.Samples.Count),
        SamplesWanted wanted => sizeof(long) * (long)wanted.Samples.Count,
        Want want => 2 * sizeof(int) * (long)want.Nodes.Count,
        FillWanted wanted => sizeof(int) * (long)wanted.Blocks.Count,
        LanesHandedOver given => sizeof(int) * (long)given.Lanes.Count,
        _ => 0,
    };
}
