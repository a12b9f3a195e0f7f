using System.Globalization;

namespace AtomGrains.Core.Options;

/// <summary>Sizes as a person writes them: <c>256MB</c>, with units of powers of 1000, or <c>16GiB</c>, with units of powers of 1024.</summary>
public static class ByteSize
{
    // By scale.
    private static readonly (string Name, long Scale)[] Units =
    [
        ("B", 1), ("KB", 1000), ("KiB", 1L << 10), ("MB", 1_000_000), ("MiB", 1L << 20), ("GB", 1_000_000_000), ("GiB", 1L << 30), ("TB", 1_000_000_000_000), ("TiB", 1L << 40),
    ];

    /// <returns>Null when it is no size, or too large for any.</returns>
    public static long? Parse(string text)
    {
        var digits = text.TrimEnd(['B', 'K', 'M', 'G', 'T', 'i']);
        var named = text[digits.Length..];
        var scale = named.Length == 0 ? 1 : Units.FirstOrDefault(unit => unit.Name == named).Scale;
        return scale > 0 && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= long.MaxValue / scale
            ? number * scale
            : null;
    }

    /// <summary>In the largest unit that leaves a whole number.</summary>
    public static string Of(long bytes)
    {
        var (name, scale) = bytes == 0 ? Units[0] : Units.Last(unit => bytes % unit.Scale == 0);
        return FormattableString.Invariant($"{bytes / scale}{name}");
    }

    /// <summary>In GiB with one digit behind the point, and never more than it is: as memory is spoken of.</summary>
    public static string OfMemory(long bytes) => FormattableString.Invariant($"{Math.Floor(bytes * 10.0 / (1L << 30)) / 10:0.0}GiB");
}
