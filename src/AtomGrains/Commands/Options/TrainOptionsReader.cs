using System.Net;
using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Workers;
using static AtomGrains.Commands.Options.Settings;

namespace AtomGrains.Commands.Options;

/// <summary>Settings to <see cref="TrainOptions"/>, with all errors at once.</summary>
public static class TrainOptionsReader
{
    private const int DefaultPartitions = 4;
    private static readonly TimeSpan LocalOrphanGrace = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SiloOrphanGrace = TimeSpan.FromSeconds(5);

    /// <param name="dataRequired">False for the demo, which brings its own text.</param>
    /// <exception cref="InvalidSettingsException">Everything that is wrong.</exception>
    public static TrainOptions Read(SettingValues values, bool dataRequired)
    {
        var devices = DeviceList.Parse(values.Text(Device) ?? "");
        var resume = values.Switch(Resume);
        var options = new TrainOptions
        {
            Data = dataRequired && !resume ? values.Required(Data) : values.Text(Data),
            Out = values.Required(Out),
            Job = values.Text(Job),
            Spec = ReadSpec(values, devices[0].Split(':')[0]),
            PartitionsGiven = values.IsGiven(Partitions),
            Workers = values.Count(Workers, 1, FaultPlan.MostWorkers),
            Spares = values.Count(Spares, 0, FaultPlan.MostWorkers),
            Devices = devices,
            DeviceMemoryBytes = values.Bytes(Settings.DeviceMemory, 0, 1_000_000_000_000_000, example: "16GiB"),
            Host = values.Text(Host) ?? TrainOptions.LocalHost,
            Listen = values.Address(Listen),
            Port = values.Count(Port, 0, ushort.MaxValue),
            MetricsPort = values.IsGiven(MetricsPort) ? values.Count(MetricsPort, 0, ushort.MaxValue) : null,
            Roots = values.OnOff(Roots),
            Limits = new NodeLimits
            {
                RefillBytesPerSecond = values.Bytes(RefillRate, 1000, 1_000_000_000_000),
                ShardCacheBytes = values.Bytes(ShardCache, 0, 1_000_000_000_000),
            },
            Replicas = values.OnOff(Replicas),
            Resume = resume,
            AllowEnvironmentChange = values.Switch(AllowEnvironmentChange),
            Checkpoints = CheckpointSettings.Read(values),
            Supervise = values.Switch(Supervise),
            Given = SavedSettings.Of(values),
            OrphanGrace = values.IsGiven(OrphanGrace) ? values.Seconds(OrphanGrace, most: 3600)
                : values.Text(Host) == TrainOptions.OrleansHost ? SiloOrphanGrace : LocalOrphanGrace,
            Grace = values.Seconds(Grace, most: 3600),
            PauseAfter = values.Seconds(PauseAfter, most: 3600),
            Membership = MembershipSettings.Read(values),
            MaximumSkips = values.Count(MaxSkips, 1, 1_000_000),
            DeviceFailures = values.Count(DeviceFailures, 1, 1_000_000),
            AuditLanes = AuditSettings.Share(values),
            OnWrongBits = AuditSettings.Policy(values),
            Faults = ReadFaults(values),
            Report = values.Text(Report),
            Quiet = values.Switch(Quiet),
            Origins = values.Origins,
        };
        values.Add(DeviceList.Errors(devices, DevicePresence.OfThisMachine));
        values.Add(ReportErrors(options.Report, options.Out));
        values.Add(OutErrors(options.Out, options.Data));
        if (options.Host is not (TrainOptions.LocalHost or TrainOptions.OrleansHost))
        {
            values.Add([new SettingError(Host.Flag, options.Host, $"must be {TrainOptions.LocalHost} or {TrainOptions.OrleansHost}")]);
        }

        values.Add(options.Host == TrainOptions.OrleansHost ? OrleansErrors(options) : LocalErrors(options, values));

        AddSpecErrors(values, options.Spec);
        Setting[] bounds = [Workers, Spares, Steps];
        if (!values.Errors.Any(error => bounds.Any(setting => setting.Flag == error.Setting)))
        {
            values.Add(options.Faults.Errors(options.Workers + options.Spares, options.Spec.Steps));
        }

        return values.Errors.Count == 0 ? options : throw new InvalidSettingsException(values.Errors);
    }

    private static RunSpec ReadSpec(SettingValues values, string deviceKind)
    {
        var steps = Whole(Steps);
        return new RunSpec
        {
            Seed = values.Seed(Seed),
            Steps = steps,
            Lanes = Count(Lanes),
            GlobalBatch = Count(GlobalBatch),
            ThreadsPerWorker = Count(ThreadsPerWorker),
            Partitions = values.IsGiven(Partitions) ? Count(Partitions) : DefaultPartitions,
            BlockElements = Count(BlockElements),
            DeviceKind = deviceKind,
            Model = new ModelSpec
            {
                Layers = Count(Layers),
                Heads = Count(Heads),
                Width = Count(Width),
                Context = Count(Context),
                Bias = values.Switch(Bias),
                Dropout = Real(Dropout),
            },
            Optimizer = new OptimizerSpec
            {
                LearningRate = Real(LearningRate),
                MinimumLearningRate = Real(MinimumLearningRate),
                WarmupSteps = Whole(Warmup),
                DecaySteps = steps,
                Beta1 = Real(Beta1),
                Beta2 = Real(Beta2),
                WeightDecay = Real(WeightDecay),
                Clip = Real(Clip),
            },
            Evaluation = new EvaluationSpec { Every = Whole(EvalEvery), Batches = Count(EvalBatches) },
            Data = new DataSpec { Tokenizer = values.Text(Tokenizer) ?? "" },
        };

        int Count(Setting setting) => values.Count(setting, RunSpecValidator.Allowed(setting.Flag));
        long Whole(Setting setting) => values.Whole(setting, RunSpecValidator.Allowed(setting.Flag));
        double Real(Setting setting) => values.Real(setting, RunSpecValidator.Allowed(setting.Flag));
    }

    private static FaultPlan ReadFaults(SettingValues values)
    {
        var errors = new List<SettingError>();
        var plan = FaultPlan.Parse(values.Texts(Fault), errors);
        values.Add(errors);
        return plan;
    }

    /// <summary>Found now, and not after the run. A folder that the run makes need not be there yet.</summary>
    private static IEnumerable<SettingError> ReportErrors(string? path, string folder)
    {
        if (path is null)
        {
            yield break;
        }

        var (file, made) = (Path.GetFullPath(path), folder.Length == 0 ? null : Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        var parent = Path.GetDirectoryName(file);
        if (Directory.Exists(file) || file == made || !(Directory.Exists(parent) || (made is not null && (parent == made || made.StartsWith($"{parent}/", StringComparison.Ordinal)))))
        {
            yield return new SettingError(Report.Flag, path, $"must be a file in a folder that exists, or in {Out.Flag}");
        }
        else if (Directory.Exists(parent) && WhyNotWritten(parent) is { } reason)
        {
            yield return new SettingError(Report.Flag, path, $"cannot be written there: {reason}");
        }
    }

    // A report is written last: what is wrong with its folder is known before a run of days.
    private static string? WhyNotWritten(string folder)
    {
        try
        {
            using var probe = File.Create(Path.Combine(folder, $".{Guid.NewGuid():N}"), 1, FileOptions.DeleteOnClose);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error.Message;
        }
    }

    /// <summary>There the coordinator is a grain: no supervisor has it, its control channel or its metrics.</summary>
    private static IEnumerable<SettingError> OrleansErrors(TrainOptions options)
    {
        if (options.Supervise)
        {
            yield return new SettingError(Supervise.Flag, "true", $"needs {Host.Flag} {TrainOptions.LocalHost}: the cluster starts its coordinator again by itself");
        }

        if (!IPAddress.IsLoopback(options.Listen))
        {
            yield return new SettingError(Listen.Flag, options.Listen.ToString(), $"must be an address of loopback with {Host.Flag} {TrainOptions.OrleansHost}: silos of one run neither encrypt nor prove who they are; across machines, standing silos do, by TLS (silo)");
        }

        if (options.MetricsPort is { } port)
        {
            yield return new SettingError(MetricsPort.Flag, $"{port}", $"needs {Host.Flag} {TrainOptions.LocalHost}: of silos, those that stand serve metrics, at their http-port");
        }

        if (options.Port is > 0 and var channel)
        {
            yield return new SettingError(Port.Flag, $"{channel}", $"needs {Host.Flag} {TrainOptions.LocalHost}: each silo listens on free ports");
        }

        foreach (var order in options.Faults.Orders.Where(order => order.Kind == FaultKind.KillSupervisor))
        {
            yield return new SettingError(Fault.Flag, order.ToString(), $"needs {Host.Flag} {TrainOptions.LocalHost}; the coordinator's silo is killed by {FaultPlan.NameOf(FaultKind.KillCoordinator)}@step=N");
        }
    }

    /// <summary>There the coordinator is in the supervisor, and there is no cluster.</summary>
    private static IEnumerable<SettingError> LocalErrors(TrainOptions options, SettingValues values)
    {
        foreach (var setting in new[] { ProbeTimeout, MissedProbes }.Where(setting => values.IsGiven(setting) && !values.IsDefault(setting)))
        {
            yield return new SettingError(setting.Flag, values.Text(setting) ?? "", $"needs {Host.Flag} {TrainOptions.OrleansHost}: {PauseAfter.Flag} says here how long a worker may be silent");
        }

        foreach (var order in options.Faults.Orders.Where(order => order.Kind == FaultKind.KillCoordinator))
        {
            yield return new SettingError(Fault.Flag, order.ToString(), $"needs {Host.Flag} {TrainOptions.OrleansHost}; here the coordinator is killed by {FaultPlan.NameOf(FaultKind.KillSupervisor)}@step=N");
        }
    }

    /// <summary>A text that is read from a folder must not grow by what the run writes.</summary>
    private static IEnumerable<SettingError> OutErrors(string folder, string? data)
    {
        if (folder.Length > 0 && Directory.Exists(data) && !Path.GetRelativePath(data, folder).Split(Path.DirectorySeparatorChar)[0].Equals("..", StringComparison.Ordinal))
        {
            yield return new SettingError(Out.Flag, folder, $"must not lie inside {Data.Flag} {data}, whose files are what is trained on");
        }
    }

    /// <summary>A value that could not even be read has its line already; its stand-in gets none.</summary>
    private static void AddSpecErrors(SettingValues values, RunSpec spec)
    {
        var unread = values.Errors.Select(error => error.Setting).ToHashSet(StringComparer.Ordinal);
        values.Add(RunSpecValidator.BeforeData(spec).Where(error => !unread.Contains(error.Setting)).ToArray());
    }
}
