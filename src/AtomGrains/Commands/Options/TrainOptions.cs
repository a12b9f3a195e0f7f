using System.Net;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Commands.Options;

/// <summary>What a user asked for, valid as far as it can be without the text and the devices.</summary>
public sealed record TrainOptions
{
    /// <summary>File or folder; null means the demo's own text.</summary>
    public required string? Data { get; init; }

    public required string Out { get; init; }

    /// <summary>Null leaves the choice to the program.</summary>
    public string? Job { get; init; }

    /// <summary>The spec without its data: <see cref="SpecFor"/> completes it.</summary>
    public required RunSpec Spec { get; init; }

    /// <summary>False lets <see cref="SpecFor"/> use fewer partitions for a model with fewer blocks.</summary>
    public required bool PartitionsGiven { get; init; }

    public required int Workers { get; init; }

    public required int Spares { get; init; }

    /// <summary>At least one, of one kind: <c>cpu</c>, or <c>cuda:N</c>.</summary>
    public required IReadOnlyList<string> Devices { get; init; }

    /// <summary>That each device has to have; 0 asks for none.</summary>
    public long DeviceMemoryBytes { get; init; }

    /// <summary>The host whose children are node processes.</summary>
    public const string LocalHost = "local";

    /// <summary>The host whose children are silos.</summary>
    public const string OrleansHost = "orleans";

    /// <summary><see cref="LocalHost"/> or <see cref="OrleansHost"/>.</summary>
    public string Host { get; init; } = LocalHost;

    public required IPAddress Listen { get; init; }

    /// <summary>0 is any free one.</summary>
    public required int Port { get; init; }

    /// <summary>0 is any free one; null serves no metrics.</summary>
    public required int? MetricsPort { get; init; }

    /// <summary>Whether each step's parameters are hashed to a root.</summary>
    public bool Roots { get; init; } = true;

    public NodeLimits Limits { get; init; } = new();

    /// <summary>Whether each partition has a second copy on another node.</summary>
    public bool Replicas { get; init; } = true;

    public required TimeSpan OrphanGrace { get; init; }

    /// <summary>Go on with the run that the folder holds; the text may then be left out.</summary>
    public bool Resume { get; init; }

    /// <summary>Go on though something that decides bits is not what it was when the run began.</summary>
    public bool AllowEnvironmentChange { get; init; }

    public CheckpointPlan Checkpoints { get; init; } = new();

    /// <summary>Start the supervisor again when it dies.</summary>
    public bool Supervise { get; init; }

    /// <summary>All that was given, by name, for a later resume.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Given { get; init; }

    /// <summary>How long a worker has to hand over after SIGTERM.</summary>
    public required TimeSpan Grace { get; init; }

    public required TimeSpan PauseAfter { get; init; }

    /// <summary>How soon silos give one another up; of no use to the local host.</summary>
    public required MembershipOptions Membership { get; init; }

    /// <summary>Skipped steps in a row that stop the run.</summary>
    public required int MaximumSkips { get; init; }

    /// <summary>Failures of one device that quarantine it.</summary>
    public required int DeviceFailures { get; init; }

    /// <summary>Share of lanes that are computed on two devices, from 0 to 1.</summary>
    public double AuditLanes { get; init; }

    /// <summary>What is done about the steps of a device with wrong bits.</summary>
    public WrongBitsPolicy OnWrongBits { get; init; }

    public required FaultPlan Faults { get; init; }

    public required string? Report { get; init; }

    public required bool Quiet { get; init; }

    /// <summary>Where values came from that are not on the command line, by flag: errors found later say it.</summary>
    public required IReadOnlyDictionary<string, string> Origins { get; init; }

    /// <summary>Workers that can have a lane.</summary>
    public int ActiveWorkers => Math.Min(Workers, Spec.Lanes);

    /// <summary>How the run takes place, on whatever host.</summary>
    public RunSettings RunSettings => new()
    {
        Workers = ActiveWorkers,
        Spares = AllSpares,
        Faults = Faults,
        Roots = Roots,
        Limits = Limits,
        Replicas = Replicas,
        Grace = Grace,
        Heartbeat = HeartbeatOptions.SuspectingAfter(PauseAfter),
        MaximumSkips = MaximumSkips,
        DeviceFailures = DeviceFailures,
        DeviceMemoryBytes = DeviceMemoryBytes,
        AuditLanes = AuditLanes,
        OnWrongBits = OnWrongBits,
        Checkpoints = Checkpoints,
    };

    /// <summary>Spares asked for, and workers for whom there is no lane.</summary>
    public int AllSpares => Spares + Workers - ActiveWorkers;

    public IReadOnlyList<string> Warnings =>
    [
        .. RunPlanWarnings.Of(Spec.Lanes, Workers),
        .. Faults.Orders.Where(order => order.Workers > Math.Max(Workers, Spec.Lanes))
            .Select(order => $"{FaultPlan.Setting} {order}: only {Spec.Lanes} workers can have a lane; the others are spares"),
        .. Replicas || Checkpoints.Cadence is not null ? Array.Empty<string>()
            : ["--replicas off: without --checkpoint-every, the loss of a worker costs every step since the beginning"],
        .. AuditLanes > 0 && ActiveWorkers == 1 ? ["--audit-lanes needs two workers: with one, no lane is audited"] : Array.Empty<string>(),
    ];

    /// <summary>The text to train on.</summary>
    /// <exception cref="InvalidSettingsException">Missing, empty, or no text.</exception>
    public TokenizedCorpus Tokenize() => TokenizedCorpus.Of(
        Data is null ? DemoCorpus.Load() : Corpus.Open(Data), Spec.Data.Tokenizer, Spec.Model.Context);

    /// <summary>The whole spec, with the text's tokens and vocabulary.</summary>
    /// <exception cref="InvalidSettingsException">The text is too short for the context, or the partitions are too many
    /// for the model.</exception>
    public RunSpec SpecFor(TokenizedCorpus corpus, string job = RunSpec.OwnJob)
    {
        var model = Spec.Model with { VocabularySize = corpus.Tokenizer.VocabularySize };
        var spec = Spec with { Job = job, Data = corpus.Data, Model = model };
        if (job == RunSpec.OwnJob)
        {
            spec = Fitted(spec, ModelSize.Elements(model));
        }

        var errors = RunSpecValidator.All(spec);
        return errors.Count == 0 ? spec : throw new InvalidSettingsException(SettingValues.WithOrigins(errors, Origins));
    }

    /// <summary>The whole spec, with the tokens and the vocabulary of a run that has them.</summary>
    public RunSpec SpecLike(RunSpec existing, string job) => Spec with
    {
        Job = job,
        Data = existing.Data with { Tokenizer = Spec.Data.Tokenizer },
        Model = Spec.Model with { VocabularySize = existing.Model.VocabularySize },
    };

    /// <summary>The spec with no more partitions than the model has blocks, unless their number was given.</summary>
    /// <param name="elements">Parameters of the model, which of a job of a user's own only the tensor engine knows.</param>
    public RunSpec Fitted(RunSpec spec, long elements) =>
        PartitionsGiven ? spec : spec with { Partitions = (int)Math.Min(Spec.Partitions, ModelSize.Blocks(elements, Spec.BlockElements)) };
}
