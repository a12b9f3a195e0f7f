using System.Globalization;
using System.Text.Json;
using AtomGrains.Core.Options;
using AtomGrains.Node.Storage;
using Spectre.Console;

namespace AtomGrains.Commands;

/// <summary><c>atom faults</c>: a run's fault ledger as a table and a timeline, or as one JSON object.</summary>
public static class FaultsCommand
{
    // Where output goes to a file or a pipe, and no terminal tells its width.
    private const int UsualWidth = 120;

    /// <exception cref="InvalidSettingsException">The folder holds no run, or a ledger that cannot be read.</exception>
    public static int Run(string folder, bool json, TextWriter output)
    {
        var (record, history) = Read(folder);
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(new FaultsReport(FaultLine.CurrentSchema, history.Lines, history.Open, history.TornBytes), FaultsJson.Default.FaultsReport));
            return 0;
        }

        var all = history.Lines.Select(line => (Line: line, IsOpen: false)).Concat(history.Open.Select(line => (Line: line, IsOpen: true))).OrderBy(entry => entry.Line.Ts).ToList();
        if (all.Count == 0)
        {
            output.WriteLine("no faults");
        }
        else
        {
            var width = Console.IsOutputRedirected ? UsualWidth : Math.Max(Console.WindowWidth, 80);
            Write(all, width, output);
            var end = RunFolderLock.IsHeld(folder) ? DateTimeOffset.UtcNow : record.Finished ?? all.Max(entry => FaultTimeline.EndOf(entry.Line));
            foreach (var line in FaultTimeline.Lines(record.Started, end, all, width))
            {
                output.WriteLine(line);
            }
        }

        if (history.TornBytes > 0)
        {
            output.WriteLine($"note: a last line of {history.TornBytes} bytes was cut off, and is left out");
        }

        return 0;
    }

    private static void Write(List<(FaultLine Line, bool IsOpen)> all, int width, TextWriter output)
    {
        var table = new Table().Border(TableBorder.Ascii2);
        foreach (var title in new[] { "time (UTC)", "kind", "who", "step", "view", "again", "noticed", "going on", "backups" })
        {
            table.AddColumn(title, column => column.NoWrap());
        }

        table.AddColumn("detail");
        foreach (var (line, isOpen) in all)
        {
            var seconds = line.Seconds;
            string[] cells =
            [
                line.Ts.UtcDateTime.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture), line.Kind, line.Who, Number(line.Step),
                line.GenerationBefore == line.GenerationAfter ? Number(line.GenerationBefore) : $"{line.GenerationBefore} > {line.GenerationAfter}",
                Again(line), Text(seconds.Detect),
                isOpen ? "not yet" : Text(seconds.Fence + seconds.Reassign + seconds.Replay), isOpen ? "not yet" : Text(seconds.Transfer), line.Detail ?? "",
            ];
            table.AddRow([.. cells.Select(Markup.Escape)]);
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Ansi = AnsiSupport.No });
        console.Profile.Width = width;
        console.Write(table);
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Again(FaultLine line) =>
        line.StepsRedone > 0 ? $"{line.StepsRedone} steps" : line.LanesRedone > 0 ? $"{line.LanesRedone} lanes" : "-";

    private static string Text(double seconds) => seconds == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{seconds:F3} s");

    private static (RunRecord Record, FaultHistory History) Read(string folder)
    {
        try
        {
            return (RunRecord.Read(folder) ?? throw Refuse(folder, $"holds no run (no {RunRecord.FileName})"), FaultHistory.Read(folder));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException or JsonException)
        {
            throw Refuse(folder, error.Message);
        }
    }

    private static InvalidSettingsException Refuse(string folder, string reason) => new(new SettingError(RunFolder.Setting, folder, reason));
}
