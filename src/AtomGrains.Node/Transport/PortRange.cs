using System.Globalization;

namespace AtomGrains.Node.Transport;

/// <summary>Ports from the first to the last, both included.</summary>
public readonly record struct PortRange(int First, int Last)
{
    public int Count => Last - First + 1;

    /// <summary>Null unless it is <c>FIRST-LAST</c> with 1 ≤ FIRST ≤ LAST ≤ 65535.</summary>
    public static PortRange? Parse(string text)
    {
        var parts = text.Split('-');
        return parts.Length == 2 && Port(parts[0]) is { } first && Port(parts[1]) is { } last && first <= last ? new PortRange(first, last) : null;
    }

    public override string ToString() => FormattableString.Invariant($"{First}-{Last}");

    private static int? Port(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= ushort.MaxValue ? port : null;
}
