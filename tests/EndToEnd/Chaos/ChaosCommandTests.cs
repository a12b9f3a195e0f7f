using System.Diagnostics;
using System.Globalization;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Chaos;

public sealed class ChaosCommandTests
{
    private const int Interrupt = 2;
    private const int BadInput = 2;

    [Fact]
    public async Task WhatIsWrongIsSaidAtOnceAndNothingIsWritten()
    {
        var folder = TrainProcess.NewFolder();
        var ended = await AtomProgram.Run("chaos", "--minutes", "-1", "--workers", "99", "--only", "flood", "--out", folder);
        Assert.Equal(BadInput, ended.ExitCode);
        Assert.Equal(3, ended.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line.StartsWith("error: --", StringComparison.Ordinal)));
        Assert.False(Directory.Exists(folder));
        TrainProcess.Remove(folder);

        ended = await AtomProgram.Run("chaos", "--minutes", "1", "--out", "/proc/no-such-folder");
        Assert.Equal(BadInput, ended.ExitCode);
        Assert.StartsWith("error: --out /proc/no-such-folder: ", Assert.Single(ended.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CtrlCEndsItWithTheSummaryAndLeavesNothing()
    {
        var folder = TrainProcess.NewFolder();
        using var process = Process.Start(AtomProgram.StartInfo(["chaos", "--seed", "1", "--only", "kill", "--out", folder], "setsid"))!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await Eventually.Holds("a node of the undisturbed run", () => Descendants(process.Id).Count > 1);
        Assert.True(Signals.Send(-process.Id, Interrupt));
        await process.WaitForExitAsync();

        Assert.Contains("ended on request", await output, StringComparison.Ordinal);
        Assert.Contains("0 plans, 0 faults; 0 plans broke an invariant", await output, StringComparison.Ordinal);
        Assert.Equal((0, ""), (process.ExitCode, await errors));

        // Who was asked to end at the same moment may take one longer.
        await Eventually.Holds("the end of all that it had started", () => Descendants(process.Id).Count == 0);
        Assert.False(Directory.Exists(folder));
        TrainProcess.Remove(folder);
    }

    // Every process of its group, which it leads.
    private static List<int> Descendants(int group) =>
        [.. Process.GetProcesses().Where(process => GroupOf(process.Id) == group && process.Id != group).Select(process => process.Id)];

    private static int? GroupOf(int pid)
    {
        try
        {
            return int.Parse(ProcessStat.Fields(pid)[ProcessStat.Group], CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
