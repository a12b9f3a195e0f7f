namespace AtomGrains.Tests.Fuzz;

/// <summary>What one connection says to an HTTP server, and how it ends.</summary>
/// <param name="Pieces">Sent one after the other.</param>
/// <param name="MustBeServed">It is a good request for a page: nothing that others do at the same time keeps it from being answered with 200.</param>
internal sealed record HttpInput(string Kind, IReadOnlyList<byte[]> Pieces, HttpInput.Ending End, bool MustBeServed = false)
{
    public enum Ending
    {
        /// <summary>It hears what there is to hear; where nothing comes, it says that it has said all.</summary>
        Hear,

        /// <summary>It is gone, and hears nothing.</summary>
        Leave,

        /// <summary>It says nothing more and stays.</summary>
        Stay,
    }

    public bool Says(ReadOnlySpan<byte> what) => Pieces.SelectMany(piece => piece).ToArray().AsSpan().IndexOf(what) >= 0;

    /// <summary>Printable, and cut where it becomes long.</summary>
    public override string ToString()
    {
        var text = string.Concat(Pieces.SelectMany(piece => piece).Take(400).Select(one => one is >= 0x20 and < 0x7f ? $"{(char)one}" : $"\\x{one:x2}"));
        return $"{Kind}, {Pieces.Sum(piece => piece.Length)} bytes in {Pieces.Count} pieces, then {End}: {text}";
    }
}
