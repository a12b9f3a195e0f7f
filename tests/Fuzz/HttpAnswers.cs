using System.Globalization;
using System.Text;

namespace AtomGrains.Tests.Fuzz;

/// <summary>What a server has said on one connection, taken apart: answers of HTTP/1.1, each whole, and nothing else.</summary>
internal static class HttpAnswers
{
    // What a server says of itself when it has failed; readiness, what is not built in and the version are not that.
    private static readonly int[] GoodOf500 = [501, 503, 505];

    private static ReadOnlySpan<byte> Version => "HTTP/1.1 "u8;

    /// <summary>The status of each answer, in their order.</summary>
    /// <param name="mayBeCut">Whether the last may have been cut short, since the caller was gone.</param>
    /// <param name="hasBodies">False where a request may have asked for none, as HEAD does: then only the first answer's status is looked at.</param>
    /// <exception cref="FormatException">Something else was said, an answer was cut short, or the server has failed.</exception>
    public static IReadOnlyList<int> Statuses(ReadOnlySpan<byte> said, bool mayBeCut, bool hasBodies)
    {
        var statuses = new List<int>();
        while (said.Length > 0)
        {
            var end = said.IndexOf("\r\n\r\n"u8);
            if (end < 0 && mayBeCut && Version.StartsWith(said[..Math.Min(said.Length, Version.Length)]))
            {
                break;
            }

            if (end < 0 || !said.StartsWith(Version))
            {
                throw new FormatException($"no head of an answer: {Encoding.Latin1.GetString(said[..Math.Min(said.Length, 200)])}");
            }

            var lines = Encoding.Latin1.GetString(said[..end]).Split("\r\n");
            var status = int.Parse(lines[0].AsSpan(Version.Length, 3), NumberStyles.None, CultureInfo.InvariantCulture);
            if (status >= 500 && !GoodOf500.Contains(status))
            {
                throw new FormatException($"the server failed: {lines[0]}");
            }

            statuses.Add(status);
            if (!hasBodies)
            {
                break;
            }

            said = said[(end + 4)..];
            var length = Length(lines);
            if (length > said.Length && mayBeCut)
            {
                break;
            }

            if (length > said.Length)
            {
                throw new FormatException($"{lines[0]}: {said.Length} of {length} bytes");
            }

            said = said[length..];
        }

        return statuses;
    }

    private static int Length(string[] lines)
    {
        const string Name = "Content-Length: ";
        var line = Array.Find(lines, line => line.StartsWith(Name, StringComparison.OrdinalIgnoreCase)) ?? throw new FormatException($"{lines[0]}: without a length");
        return int.Parse(line.AsSpan(Name.Length), NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
