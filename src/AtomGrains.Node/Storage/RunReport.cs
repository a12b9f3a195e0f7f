using System.Text.Json;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Audits;

namespace AtomGrains.Node.Storage;

/// <summary>What <c>--report</c> writes: one JSON object whose names are a contract.</summary>
public sealed record RunReport
{
    public required long StepsCommitted { get; init; }

    /// <summary>Steps whose update was left out because a gradient was not finite.</summary>
    public required long StepsSkipped { get; init; }

    /// <summary>
    /// Training loss of the last step, nats a token; null before the first step, or when it is not finite.
    /// </summary>
    public required double? TrainLossLast { get; init; }

    /// <summary>Validation loss of the final weights, nats a token; null when it was not computed.</summary>
    public required double? ValLoss { get; init; }

    /// <summary><see cref="WeightsHash"/> of the final weights; null when the run did not reach its end.</summary>
    public required string? WeightsSha256 { get; init; }

    /// <summary>Worker processes started, replacements and spares included.</summary>
    public required int WorkersStarted { get; init; }

    /// <summary>Deaths and pauses survived; not scale, not SIGTERM.</summary>
    public required int Faults { get; init; }

    public required IReadOnlyList<RecoveryReport> Recoveries { get; init; }

    public required long LanesRecomputed { get; init; }

    public required long DuplicatePushesRejected { get; init; }

    public required long StaleGenerationRejected { get; init; }

    /// <summary>Of a step, or of a view, that the receiver had yet to hear of.</summary>
    public long EarlyRejected { get; init; }

    /// <summary>Of a step that was decided already.</summary>
    public long LateRejected { get; init; }

    /// <summary>Of another history, or for somebody whose partition or shard it is not.</summary>
    public long OtherHistoryRejected { get; init; }

    /// <summary>Of a node that an audit has found to compute wrong bits.</summary>
    public long NotTrustedRejected { get; init; }

    /// <summary>Samples of computed lanes that the holders of their shards had sent.</summary>
    public required long SamplesFromHolders { get; init; }

    /// <summary>Samples of computed lanes that workers have read from the file themselves.</summary>
    public required long SamplesFromFile { get; init; }

    /// <summary>Audited lanes by what became of the comparison.</summary>
    public AuditCounts LaneAudits { get; init; } = new();

    /// <summary>Committed tokens ÷ seconds from the first step's start to the last step's end.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Largest resident set of any one process, by role: <c>supervisor</c>, <c>node</c>.</summary>
    public required IReadOnlyDictionary<string, long> PeakRssBytes { get; init; }

    /// <summary>The report of a coordinator on its run; memory is what its host adds.</summary>
    /// <param name="counters">Sums over all nodes.</param>
    /// <param name="started">Worker processes.</param>
    /// <param name="weights">Hash of the final weights; null when the run did not reach its end.</param>
    /// <param name="validationLoss">Nats a token; not finite when it was not computed.</param>
    public static RunReport Of(RunJournal journal, FaultLedger ledger, NodeCounters counters, int started, string? weights, double validationLoss, AuditCounts audits) => new()
    {
        StepsCommitted = journal.Committed,
        StepsSkipped = journal.Skipped,
        TrainLossLast = journal.LastLoss,
        ValLoss = MetricsLine.FiniteOrNull(validationLoss),
        WeightsSha256 = weights,
        WorkersStarted = started,
        Faults = ledger.Closed.Count,
        Recoveries = ledger.Closed,
        LanesRecomputed = counters.LanesRecomputed,
        DuplicatePushesRejected = counters.DuplicatePushesRejected,
        StaleGenerationRejected = counters.StaleGenerationRejected,
        EarlyRejected = counters.EarlyRejected,
        LateRejected = counters.LateRejected,
        OtherHistoryRejected = counters.OtherHistoryRejected,
        NotTrustedRejected = counters.NotTrustedRejected,
        SamplesFromHolders = counters.SamplesFromHolders,
        SamplesFromFile = counters.SamplesFromFile,
        LaneAudits = audits,
        TokensPerSecond = journal.TokensPerSecond,
        PeakRssBytes = new Dictionary<string, long>(),
    };

    public void Write(string path) =>
        DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, StorageJson.Indented.RunReport));
}
