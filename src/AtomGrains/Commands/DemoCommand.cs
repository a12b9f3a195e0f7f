using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;
using AtomGrains.Local;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Storage;
using AtomGrains.Torch.Engine;
using Spectre.Console;

namespace AtomGrains.Commands;

/// <summary>
/// <c>atom demo</c>: trains with worker processes of which some are killed, one is paused and wakes, and whose number
/// changes; then trains the same spec on one worker undisturbed, and compares every step's loss and the weights bit
/// for bit.
/// </summary>
internal sealed class DemoCommand(TrainCommand train, TextWriter output)
{
    private const int Different = 1;
    private const int SampleTokens = 400;

    public Task<int> RunAsync(TrainOptions options, CancellationToken cancellation) =>
        Task.Run(() => Run(options, cancellation), CancellationToken.None);

    private int Run(TrainOptions options, CancellationToken cancellation)
    {
        var calmFolder = Path.TrimEndingDirectorySeparator(options.Out) + "-calm";
        if (Directory.Exists(calmFolder) && Directory.EnumerateFileSystemEntries(calmFolder).Any())
        {
            throw new InvalidSettingsException(new SettingError(Settings.Out.Flag, options.Out, $"{calmFolder}, where the demo's second run goes, must be empty or not there"));
        }

        try
        {
            return Run(options, calmFolder, cancellation);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"the demo stopped: {error.Message}");
            return TrainCommand.Stopped;
        }
    }

    private int Run(TrainOptions options, string calmFolder, CancellationToken cancellation)
    {
        var disturbed = options.Faults.Orders.Count > 0 ? options : options with { Faults = FaultsFor(options.ActiveWorkers, options.Spec.Steps, options.Host) };
        Say($"1. Training with {options.Workers} worker processes. On the way:");
        foreach (var fault in disturbed.Faults.Orders)
        {
            Say($"     {DemoFaults.InWords(fault)}");
        }

        var first = train.Train(disturbed, cancellation);
        if (first.Stopped is { } reason)
        {
            Console.Error.WriteLine($"the run stopped: {reason}");
            return Different;
        }

        ShowResult(options.Out, first.Report, options);
        if (DemoFaults.Missing(disturbed.Faults, LedgerOf(options.Out), wakes: options.Host == TrainOptions.LocalHost) is [_, ..] missing)
        {
            // Equal bits would prove less than they seem to.
            foreach (var fault in missing)
            {
                Console.Error.WriteLine($"did not happen: {FaultPlan.Setting} {fault}; more {Settings.Steps.Flag} give it time");
            }

            return Different;
        }

        Say($"2. The same spec again, with one worker and no faults.");
        var calmOptions = options with { Workers = 1, Spares = 0, Host = TrainOptions.LocalHost, Faults = FaultPlan.None, Out = calmFolder, Checkpoints = new CheckpointPlan(), Report = null };
        var calm = train.Train(calmOptions, cancellation);
        if (calm.Stopped is { } calmReason)
        {
            Console.Error.WriteLine($"the run stopped: {calmReason}");
            return Different;
        }

        return Compare(disturbed, first.Report, calmOptions, calm.Report);
    }

    /// <summary>Faults of every kind, spread over the run; a world of one worker can only be resized. On Orleans the last one strikes whoever coordinates.</summary>
    internal static FaultPlan FaultsFor(int workers, long steps, string host)
    {
        long At(double share) => (long)(steps * share);
        var scale = new[]
        {
            new FaultOrder(FaultKind.Scale, null, At(0.62), null, Math.Max(1, workers / 2)),
            new FaultOrder(FaultKind.Scale, null, At(0.7), null, workers),
        };
        return new FaultPlan(workers == 1 ? scale :
        [
            new FaultOrder(FaultKind.Kill, 1, At(0.15)),
            new FaultOrder(FaultKind.Kill, workers / 2, At(0.28), ProtocolPoint.Seal),
            new FaultOrder(FaultKind.StopAndWake, workers - 1, At(0.42), ProtocolPoint.Compute),
            .. scale,
            host == TrainOptions.OrleansHost
                ? new FaultOrder(FaultKind.KillCoordinator, null, At(0.88))
                : new FaultOrder(FaultKind.Kill, 0, At(0.88), ProtocolPoint.Apply),
        ]);
    }

    private static IReadOnlyList<FaultLine> LedgerOf(string folder) =>
        JsonLines.Read(Path.Combine(folder, RunFolder.FaultsFileName), StorageJson.Default.FaultLine);

    private void ShowResult(string folder, RunReport report, TrainOptions options)
    {
        Say($"");
        Say($"validation loss {report.ValLoss:F4} after {report.StepsCommitted} steps");
        Say($"");
        Say($"A sample of what it writes now:");
        var environment = WorkerEnvironment.Variables(options.Spec.ThreadsPerWorker);
        foreach (var line in GenerateCommand.Ask(Path.GetFullPath(folder), Prompt(folder), SampleTokens, environment).Split('\n'))
        {
            Say($"    {line}");
        }

        Say($"");
        ShowFaults(report);
        Say($"lanes computed again {report.LanesRecomputed}, stale messages refused {report.StaleGenerationRejected}, processes started {report.WorkersStarted}");
        Say($"SHA-256 of the weights {report.WeightsSha256}");
        Say($"");
    }

    // Any text begins with a character that the tokenizer knows.
    private static string Prompt(string folder)
    {
        var tokenizer = TokenizerFile.Read(folder);
        var known = Enumerable.Range(0, tokenizer.VocabularySize).Select(id => tokenizer.Decode([id])).ToHashSet();
        return known.Contains("T") && known.Contains("h") && known.Contains("e") ? "The" : known.Contains("\n") ? "\n" : known.First(text => text != "\uFFFD");
    }

    private void ShowFaults(RunReport report)
    {
        var table = new Table().Border(TableBorder.Ascii2).Title("Faults and seconds by recovery phase");
        table.AddColumns("fault", "step", "detect", "fence", "reassign", "replay", "transfer (background)");
        foreach (var recovery in report.Recoveries)
        {
            var seconds = recovery.Seconds;
            table.AddRow(
                recovery.Kind, FormattableString.Invariant($"{recovery.Step}"), Format(seconds.Detect), Format(seconds.Fence),
                Format(seconds.Reassign), Format(seconds.Replay), Format(seconds.Transfer));
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Ansi = AnsiSupport.No });
        console.Profile.Width = 100;
        console.Write(table);

        static string Format(double seconds) => FormattableString.Invariant($"{seconds:F3}");
    }

    private int Compare(TrainOptions disturbed, RunReport first, TrainOptions calm, RunReport second)
    {
        var losses = LossBits.Read(disturbed.Out);
        var calmLosses = LossBits.Read(calm.Out);
        var differing = losses.Keys.Union(calmLosses.Keys).Order()
            .Where(step => losses.GetValueOrDefault(step) != calmLosses.GetValueOrDefault(step)).ToList();
        Say($"");
        Say($"                 {disturbed.Workers} workers, {first.Faults} faults        1 worker, undisturbed");
        Say($"  last loss      {losses[losses.Keys.Max()]}                 {calmLosses[calmLosses.Keys.Max()]}   (bits)");
        Say($"  validation     {first.ValLoss:F12}                   {second.ValLoss:F12}");
        Say($"  weights        {first.WeightsSha256?[..16]}...              {second.WeightsSha256?[..16]}...");
        if (differing.Count == 0 && first.WeightsSha256 == second.WeightsSha256 && losses.Count == disturbed.Spec.Steps)
        {
            Say($"EQUAL BIT FOR BIT: the losses of all {losses.Count} steps and the final weights.");
            return 0;
        }

        Say($"DIFFERENT: {differing.Count} steps' losses differ{(differing.Count > 0 ? FormattableString.Invariant($", the first at step {differing[0]}") : "")}; weights {(first.WeightsSha256 == second.WeightsSha256 ? "are equal" : "differ")}.");
        return Different;
    }

    private void Say(FormattableString text) => output.WriteLine(FormattableString.Invariant(text));
}
