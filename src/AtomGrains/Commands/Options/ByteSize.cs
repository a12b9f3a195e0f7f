using System.Globalization;

namespace AtomGrains.Commands.Options;

/// <summary>Sizes as a person writes them: <c>256MB</c>, with units of powers of 1000.</summary>
internal static class ByteSize
{
    private static readonly string[] Units = ["B", "KB", "MB", "GB", "TB"];

    /// <returns>Null when it is no size, or too large for any.</returns>
    public static long? Parse(string text)
    {
        var digits = text.TrimEnd(['B', 'K', 'M', 'G', 'T']);
        var unit = text[digits.Length..] is { Length: > 0 } named ? Array.IndexOf(Units, named) : 0;
        return unit >= 0 && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= long.MaxValue / Scale(unit)
            ? number * Scale(unit)
            : null;
    }

    /// <summary>In the largest unit that leaves a whole number.</summary>
    public static string Of(long bytes)
    {
        var unit = Enumerable.Range(0, Units.Length).Last(unit => bytes % Scale(unit) == 0 && (bytes > 0 || unit == 0));
        return FormattableString.Invariant($"{bytes / Scale(unit)}{Units[unit]}");
    }

    private static long Scale(int unit) => Enumerable.Repeat(1000L, unit).Aggregate(1L, (scale, thousand) => scale * thousand);
}
