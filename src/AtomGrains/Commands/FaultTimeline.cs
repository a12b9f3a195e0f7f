using System.Globalization;
using AtomGrains.Node.Storage;

namespace AtomGrains.Commands;

/// <summary>
/// Faults over the time of a run, a row each: <c>x</c> where it struck, <c>~</c> until it was noticed, <c>=</c> until the
/// interrupted step was done, <c>-</c> until all backups were there again; <c>o</c> for what interrupts nothing.
/// </summary>
internal static class FaultTimeline
{
    private const int LeastColumns = 20;

    /// <param name="width">Columns of the terminal; names take what they need of it.</param>
    public static IReadOnlyList<string> Lines(DateTimeOffset begin, DateTimeOffset end, IReadOnlyList<(FaultLine Line, bool IsOpen)> faults, int width)
    {
        end = faults.Select(entry => EndOf(entry.Line)).Append(end).Max();
        var names = faults.Max(entry => NameOf(entry.Line).Length);
        var columns = Math.Max(LeastColumns, width - names - 5);
        var scale = Math.Max((end - begin).TotalSeconds, 0.001) / columns;
        return
        [
            "",
            string.Create(CultureInfo.InvariantCulture, $"from {begin.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z, {(end - begin).TotalSeconds:F1} s; one column is {scale:G2} s"),
            "x struck  ~ until noticed  = until the interrupted step was done  - until all backups were there  o interrupts nothing",
            .. faults.Select(entry => $"  {NameOf(entry.Line).PadRight(names)} |{Row(entry.Line, entry.IsOpen)}|"),
        ];

        string Row(FaultLine line, bool isOpen)
        {
            var row = new char[columns];
            Array.Fill(row, ' ');
            var seconds = line.Seconds;
            var struck = line.Ts.AddSeconds(-seconds.Detect);
            var installed = line.Ts.AddSeconds(seconds.Fence + seconds.Reassign);
            var backups = isOpen ? end : installed.AddSeconds(seconds.Transfer);

            // What is shorter than a column gives way to what comes after it, except for the moment itself.
            Fill(installed, backups, '-');
            Fill(line.Ts, isOpen ? end : installed.AddSeconds(seconds.Replay), '=');
            Fill(struck, line.Ts, '~');
            row[Column(struck)] = seconds.Fence + seconds.Reassign + seconds.Replay == 0 && !isOpen ? 'o' : 'x';
            return new string(row);

            void Fill(DateTimeOffset from, DateTimeOffset to, char mark)
            {
                if (to > from)
                {
                    Array.Fill(row, mark, Column(from), Column(to) - Column(from) + 1);
                }
            }
        }

        int Column(DateTimeOffset time) => Math.Clamp((int)((time - begin).TotalSeconds / scale), 0, columns - 1);
    }

    /// <summary>When all of it was over.</summary>
    public static DateTimeOffset EndOf(FaultLine line) =>
        line.Ts.AddSeconds(line.Seconds.Fence + line.Seconds.Reassign + Math.Max(line.Seconds.Replay, line.Seconds.Transfer));

    private static string NameOf(FaultLine line) => $"{line.Kind} {line.Who}";
}
