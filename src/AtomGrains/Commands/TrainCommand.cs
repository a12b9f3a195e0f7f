using System.Net.Sockets;
using System.Text.Json;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;
using AtomGrains.Local;
using AtomGrains.Local.Devices;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Transport;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Commands;

/// <summary><c>atom train</c>: everything is checked before anything is written, then the run is supervised to its end.</summary>
/// <param name="arguments">The program's own, for who has to start it again.</param>
internal sealed class TrainCommand(TextWriter output, JobRegistry jobs, IReadOnlyList<string> arguments)
{
    /// <summary>Exit code of a run that ended before its last step, or whose report could not be written.</summary>
    public const int Stopped = 1;

    private bool _reportIsLost;

    public Task<int> RunAsync(TrainOptions options, CancellationToken cancellation) =>
        Task.Run(() => options.Supervise && !Supervision.IsSupervised ? Supervision.Run(options.Out, arguments, cancellation) : Run(options, cancellation), CancellationToken.None);

    /// <summary>Trains; the caller reads the outcome.</summary>
    /// <exception cref="InvalidSettingsException">Something that was asked for cannot be.</exception>
    public RunOutcome Train(TrainOptions options, CancellationToken cancellation)
    {
        RefuseDevicesWithLessMemory(options);
        if (!options.Resume)
        {
            Warn(options.Warnings);
        }

        var start = RunStart.Of(options, jobs);
        var (spec, elements) = (start.Record.Spec, start.Elements);
        RefusePartitionsThatDoNotFit(spec, elements);
        var observer = new RunPrinter(output, spec.Steps, options.Quiet);
        var cluster = options.Host == TrainOptions.OrleansHost ? ClusterHosts.Require(Settings.Host.Flag, options.Host) : null;
        var environment = WorkerEnvironment.Variables(spec.ThreadsPerWorker);
        var hosting = Options(options, environment) with { Predecessor = start.Predecessor };
        RefuseStoreOfAnotherRun(options);
        using var metrics = options.MetricsPort is { } metricsPort ? Serve(metricsPort) : null;
        using var supervisor = cluster is null ? Listen(hosting, observer, metrics) : null;
        using var folder = RunFolder.Open(options.Out, start.Record, options.AllowEnvironmentChange, NeedsOf(options, start.Record));
        SavedSettings.Write(folder.Path, options.Given);
        folder.Begin(start.Corpus, start.NodesLive);
        if (!options.Quiet)
        {
            output.WriteLine(FormattableString.Invariant($"{elements:N0} parameters, {spec.Data.TrainTokens:N0} training tokens in {spec.Data.TrainSamples:N0} samples ({spec.Data.UnusedTokens} tokens left over), {options.Workers} workers, {spec.Lanes} lanes"));
        }

        if (metrics is not null)
        {
            observer.OnNote($"metrics at {metrics.Url}");
        }

        var outcome = WithRecordsOf(options.Out, () => supervisor?.Run(folder, elements, cancellation)
            ?? cluster!.Train(folder, elements, hosting, observer, cancellation));
        Warn(outcome.NotStruck.Select(order => $"{FaultPlan.Setting} {order} never struck: the run ended before anybody came to that place"));
        _reportIsLost = options.Report is { } report && !IsWritten(outcome.Report, report);

        metrics?.AwaitLastLooks(observer.OnNote, cancellation);
        return outcome;
    }

    // The run is over by then, and whatever it has said is true.
    private static bool IsWritten(RunReport report, string path)
    {
        try
        {
            report.Write(path);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{Settings.Report.Flag} {path}: cannot be written: {error.Message}");
            return false;
        }
    }

    private static DiskNeeds NeedsOf(TrainOptions options, RunRecord record)
    {
        var store = options.Checkpoints.StoreFor(options.Out);
        return DiskNeeds.Of(record, options.Roots, options.Checkpoints, ObjectStores.IsFolder(store) ? store : null);
    }

    private static void Warn(IEnumerable<string> warnings)
    {
        foreach (var warning in warnings)
        {
            Console.Error.WriteLine($"warning: {warning}");
        }
    }

    // Of either host the devices are this machine's: what is too small now stays so, and a run would wait for ever.
    private static void RefuseDevicesWithLessMemory(TrainOptions options)
    {
        if (options.DeviceMemoryBytes > 0 && DeviceMemory.ErrorOf(Settings.DeviceMemory.Flag, options.DeviceMemoryBytes, options.Devices, DeviceMemory.Of(options.Devices)) is { } error)
        {
            throw new InvalidSettingsException(SettingValues.WithOrigins([error], options.Origins));
        }
    }

    // A run that begins numbers its objects from the start: next to another run's, its own would have their names.
    private static void RefuseStoreOfAnotherRun(TrainOptions options)
    {
        if (options.Checkpoints is not { Cadence: not null, Store: { } store } || File.Exists(Path.Combine(options.Out, RunRecord.FileName)))
        {
            return;
        }

        try
        {
            if (ObjectStores.Open(store).List("") is [var first, ..])
            {
                throw new InvalidSettingsException(new SettingError(Settings.Store.Flag, store, $"holds {first.Name} of another run; must be empty for a run that begins"));
            }
        }
        catch (IOException error)
        {
            throw new InvalidSettingsException(new SettingError(Settings.Store.Flag, store, $"cannot be read: {error.Message}"));
        }
    }

    // What a run has recorded is read when it goes on, and not before: some of it may be broken.
    private static RunOutcome WithRecordsOf(string folder, Func<RunOutcome> run)
    {
        try
        {
            return run();
        }
        catch (Exception error) when (error is InvalidDataException or JsonException)
        {
            throw new InvalidSettingsException(new SettingError(Settings.Out.Flag, folder, $"holds something else: {error.Message}"));
        }
    }

    internal static void RefusePartitionsThatDoNotFit(RunSpec spec, int elements)
    {
        if (PartitionBounds.ErrorOf(spec, elements) is { } error)
        {
            throw new InvalidSettingsException(error);
        }
    }

    private int Run(TrainOptions options, CancellationToken cancellation)
    {
        try
        {
            return Exit(Train(options, cancellation));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Most often a disk that was filled by others after the run had begun.
            Console.Error.WriteLine($"the run stopped: {error.Message}");
            return Stopped;
        }
    }

    private int Exit(RunOutcome outcome)
    {
        if (outcome.Stopped is { } reason)
        {
            Console.Error.WriteLine($"the run stopped: {reason}");
            return Stopped;
        }

        output.WriteLine(FormattableString.Invariant($"done: {outcome.Report.StepsCommitted} steps, validation loss {outcome.Report.ValLoss:F4}, {outcome.Report.Faults} faults, {outcome.Report.TokensPerSecond:N0} tokens/s"));
        output.WriteLine($"weights {outcome.Report.WeightsSha256}");
        return _reportIsLost ? Stopped : 0;
    }

    private static SupervisorOptions Options(TrainOptions options, IReadOnlyDictionary<string, string> environment) => new()
    {
        Settings = options.RunSettings,
        Devices = options.Devices,
        Listen = options.Listen,
        Port = options.Port,
        Membership = options.Membership,
        OrphanGrace = options.OrphanGrace,
        NodeEnvironment = environment,
    };

    private static LiveMetrics Serve(int port)
    {
        try
        {
            return new LiveMetrics(port);
        }
        catch (SocketException error)
        {
            throw new InvalidSettingsException(new SettingError(
                Settings.MetricsPort.Flag, $"{port}", $"cannot be listened on ({error.SocketErrorCode}); must be a free port, or 0 for any free one"));
        }
    }

    private static Supervisor Listen(SupervisorOptions options, IRunObserver observer, LiveMetrics? metrics)
    {
        try
        {
            return new Supervisor(options, observer, metrics);
        }
        catch (IOException error) when (error.InnerException is SocketException refused)
        {
            throw new InvalidSettingsException(RefusalOf(options, refused.SocketErrorCode));
        }
    }

    private static SettingError RefusalOf(SupervisorOptions options, SocketError error) => error switch
    {
        SocketError.AddressAlreadyInUse => new SettingError("--port", $"{options.Port}", "is in use by another process; must be free, or 0 for any free one"),
        SocketError.AccessDenied => new SettingError("--port", $"{options.Port}", "is for the system's services; must be 1024 to 65535, or 0 for any free one"),
        _ => new SettingError("--listen", $"{options.Listen}", $"cannot be listened on ({error}); must be an address of this machine"),
    };
}
