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
        values.Add(ReportErrors(options.Report));
        values.Add(OutErrors(options.Out, options.Data));
        if (options.Host is not (TrainOptions.LocalHost or TrainOptions.OrleansHost))
        {
            values.Add([new SettingError(Host.Flag, options.Host, $"must be {TrainOptions.LocalHost} or {TrainOptions.OrleansHost}")]);
        }

        if (options.Host == TrainOptions.OrleansHost)
        {
            values.Add(OrleansErrors(options));
        }

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
        var steps = values.Whole(Steps);
        return new RunSpec
        {
            Seed = values.Seed(Seed),
            Steps = steps,
            Lanes = values.Count(Lanes),
            GlobalBatch = values.Count(GlobalBatch),
            ThreadsPerWorker = values.Count(ThreadsPerWorker),
            Partitions = values.IsGiven(Partitions) ? values.Count(Partitions) : DefaultPartitions,
            BlockElements = values.Count(BlockElements),
            DeviceKind = deviceKind,
            Model = new ModelSpec
            {
                Layers = values.Count(Layers),
                Heads = values.Count(Heads),
                Width = values.Count(Width),
                Context = values.Count(Context),
                Bias = values.Switch(Bias),
                Dropout = values.Real(Dropout),
            },
            Optimizer = new OptimizerSpec
            {
                LearningRate = values.Real(LearningRate),
                MinimumLearningRate = values.Real(MinimumLearningRate),
                WarmupSteps = values.Whole(Warmup),
                DecaySteps = steps,
                Beta1 = values.Real(Beta1),
                Beta2 = values.Real(Beta2),
                WeightDecay = values.Real(WeightDecay),
                Clip = values.Real(Clip),
            },
            Evaluation = new EvaluationSpec { Every = values.Whole(EvalEvery), Batches = values.Count(EvalBatches) },
            Data = new DataSpec { Tokenizer = values.Text(Tokenizer) ?? "" },
        };
    }

    private static FaultPlan ReadFaults(SettingValues values)
    {
        var errors = new List<SettingError>();
        var plan = FaultPlan.Parse(values.Texts(Fault), errors);
        values.Add(errors);
        return plan;
    }

    /// <summary>Found now, and not after the run.</summary>
    private static IEnumerable<SettingError> ReportErrors(string? path)
    {
        if (path is not null && (Directory.Exists(path) || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path)))))
        {
            yield return new SettingError(Report.Flag, path, "must be a file in a folder that exists");
        }
    }

    /// <summary>There the coordinator is a grain, which no process of its own can be killed for.</summary>
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
            yield return new SettingError(MetricsPort.Flag, $"{port}", $"needs {Host.Flag} {TrainOptions.LocalHost}: silos serve no metrics yet");
        }

        foreach (var order in options.Faults.Orders.Where(order => order.Kind == FaultKind.KillSupervisor))
        {
            yield return new SettingError(Fault.Flag, order.ToString(), $"needs {Host.Flag} {TrainOptions.LocalHost}");
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
