using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Tests.Workers.Frames;

/// <summary>What one connection says to a node, and what has to become of it.</summary>
/// <param name="From">Who it says that it is, and proves by the run's secret; null for a stranger, who proves nothing.</param>
/// <param name="Pieces">Sent one after the other: frames, joined and cut anywhere.</param>
/// <param name="Frames">How many of them there are, up to the one that is refused; 1 for a stranger.</param>
/// <param name="Last">What the last of them is, for messages.</param>
/// <param name="Reason">Why the node closes it; null where a changed bit may have left a message or not.</param>
internal sealed record HostileCall(int? From, IReadOnlyList<byte[]> Pieces, int Frames, string Last, HostileCall.Ending End, CloseReason? Reason)
{
    public enum Ending
    {
        /// <summary>It waits for the node to end the connection.</summary>
        Hear,

        /// <summary>It has said all, and then waits for the node.</summary>
        EndSending,

        /// <summary>It is gone, and hears nothing.</summary>
        Leave,

        /// <summary>It says nothing more and stays, until it calls again.</summary>
        Stay,
    }

    public override string ToString()
    {
        var bytes = Convert.ToHexStringLower([.. Pieces.SelectMany(piece => piece).TakeLast(200)]);
        var who = From is { } from ? $"node {from}" : "a stranger";
        var reason = Reason?.ToString() ?? "anything";
        return $"{who}: {Frames} frames, {Pieces.Sum(piece => piece.Length)} bytes in {Pieces.Count} pieces, the last {Last}, then {End}; has to be closed as {reason}; ends in {bytes}";
    }
}
