using System.Diagnostics;
using System.Globalization;
using AtomGrains.Commands.Options;
using AtomGrains.Local;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Commands;

/// <summary>
/// <c>--supervise</c>: a small parent that starts the supervisor again when a signal ended it, after growing pauses. An
/// end with an exit code is the supervisor's own word and passes through. What repeats without a step between is given up.
/// </summary>
internal static class Supervision
{
    private const string Variable = "ATOMGRAINS_SUPERVISED";

    // What a process that a signal ended is reported with: this and the signal's number.
    private const int SignalBase = 128;
    private const int Stopped = 1;

    // Five deaths without a single step are no accident; with their pauses they take some eight seconds.
    private const int MostWithoutAStep = 5;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Whether such a parent has started this process.</summary>
    public static bool IsSupervised => Environment.GetEnvironmentVariable(Variable) is not null;

    /// <summary>Runs the command in a child until it ends by itself; returns its exit code, or 1 when it is given up.</summary>
    /// <param name="folder">The run folder, by which progress is told.</param>
    /// <param name="arguments">Of the command.</param>
    public static int Run(string folder, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        // The next supervisor is to see what the nodes of a dead one die of.
        Signals.TakeOrphansOn();
        var (deaths, pause) = (0, FirstPause);
        while (true)
        {
            var before = Steps(folder);
            using var child = Start(folder, arguments);
            using (cancellation.Register(() => Signals.Send(child.Id, Signals.Terminate)))
            {
                child.WaitForExit();
            }

            if (child.ExitCode < SignalBase || cancellation.IsCancellationRequested)
            {
                return child.ExitCode;
            }

            (deaths, pause) = Steps(folder) > before ? (1, FirstPause) : (deaths + 1, deaths == 0 ? FirstPause : pause * 3);
            if (deaths == MostWithoutAStep)
            {
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the run stopped: its supervisor died {deaths} times without a step between, the last time by signal {child.ExitCode - SignalBase}"));
                return Stopped;
            }

            pause = pause > LongestPause ? LongestPause : pause;
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the supervisor was ended by signal {child.ExitCode - SignalBase}: starting it again in {pause.TotalSeconds:0.#} s"));
            if (cancellation.WaitHandle.WaitOne(pause))
            {
                return Stopped;
            }
        }
    }

    private static Process Start(string folder, IReadOnlyList<string> arguments)
    {
        var info = OwnProgram.StartInfo([.. arguments]);
        info.Environment[Variable] = "true";
        if (File.Exists(Path.Combine(folder, RunRecord.FileName)))
        {
            info.Environment[Settings.Resume.Variable] = "true";
        }

        return Process.Start(info)!;
    }

    // One line each: their number grows with every step that is committed, whatever the lineage.
    private static long Steps(string folder)
    {
        var metrics = new FileInfo(Path.Combine(folder, RunFolder.MetricsFileName));
        return metrics.Exists ? metrics.Length : 0;
    }
}
