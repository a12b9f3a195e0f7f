using System.Globalization;
using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Local;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;
using AtomGrains.Silo.Children;

namespace AtomGrains.Silo.Local;

/// <summary>A run as its folder tells it, for who is not its coordinator.</summary>
internal sealed class RunFiles(string folder, IRunObserver observer)
{
    private readonly string _metrics = Path.Combine(folder, RunFolder.MetricsFileName);
    private readonly string _faults = Path.Combine(folder, RunFolder.FaultsFileName);
    private readonly FileRegister _register = new(folder);
    private MetricsLine? _last;
    private View? _view;
    private string? _waits;
    private (DateTime? Written, int? Process) _coordinator;
    private int _lines;
    private long _metricsRead;
    private long _faultsRead;
    private long _lengthSeen;
    private (DateTimeOffset At, int Lines)? _first;

    /// <summary>Tells the observer of what is new.</summary>
    public void Tell()
    {
        if (RunNote.Waiting.Read(folder) is var waits && waits != _waits)
        {
            _waits = waits;
            observer.OnNote(waits is null ? "going on" : $"waiting for {waits}");
        }

        if (!File.Exists(_metrics) || new FileInfo(_metrics).Length == _lengthSeen)
        {
            return;
        }

        _lengthSeen = new FileInfo(_metrics).Length;
        var newest = _register.Generations() is [.., var last] ? last : Generation.None;
        if (newest > Generation.None && newest != _view?.Generation)
        {
            // A record never changes, and this is asked for with each step.
            _view = View(_register.Read(newest));
        }

        var lines = JsonLines.ReadOn(_metrics, StorageJson.Default.MetricsLine, ref _metricsRead);
        _first ??= (DateTimeOffset.UtcNow, lines.Count);
        var seconds = (DateTimeOffset.UtcNow - _first.Value.At).TotalSeconds;
        foreach (var line in lines)
        {
            // Lines that were there at the first look came at nobody knows what rate.
            var rate = _lines > _first.Value.Lines ? (_lines - _first.Value.Lines) * line.Tokens / seconds : 0;
            _last = line;
            observer.OnStep(DecisionOf(line), new Generation(line.Generation), _view?.Workers.Count ?? 0, rate);
            _lines++;
        }

        foreach (var fault in File.Exists(_faults) ? JsonLines.ReadOn(_faults, StorageJson.Default.FaultLine, ref _faultsRead) : [])
        {
            observer.OnFault(fault);
        }
    }

    /// <summary>Whether a worker's number is in the newest view, and that view was recorded after a time.</summary>
    public bool HasJoinedSince(int slot, DateTimeOffset time) =>
        _register.Newest() is { } newest
        && File.GetLastWriteTimeUtc(Path.Combine(folder, FileRegister.FolderName, $"{newest.Generation.Value}.json")) > time.UtcDateTime
        && View(newest.Record).Members.Count(member => member.Slot == slot) == 1;

    /// <summary>The recoveries of the ledger; a change of size or a departure is none.</summary>
    public IReadOnlyList<RecoveryReport> Recoveries() =>
        [.. Faults().Where(FaultLedger.IsRecovery).Select(RecoveryReport.Of)];

    /// <summary>The silo's process that hosts the coordinator; null before the first view.</summary>
    public int? Coordinator
    {
        get
        {
            // Written at a takeover, and looked for many times a second.
            if (RunNote.Coordinator.WrittenAt(folder) is var written && written != _coordinator.Written)
            {
                _coordinator = (written, RunNote.Coordinator.Read(folder) is { } text ? int.Parse(text.Split(' ')[^1], CultureInfo.InvariantCulture) : null);
            }

            return _coordinator.Process;
        }
    }

    /// <summary>The run and its processes now: who has which lanes is in the newest view.</summary>
    /// <param name="children">Living ones; with none, each silo is a node itself.</param>
    public RunStatus Status(IReadOnlyList<SiloProcess> silos, IReadOnlyList<ChildRecord> children) => new()
    {
        Step = _last is { } last ? last.Step + 1 : 0,
        Loss = _last?.Loss,
        Generation = _view?.Generation.Value ?? 0,
        WaitingFor = _waits,
        CoordinatorPid = Coordinator,
        CheckpointStep = RunNote.Checkpoint.Read(folder) is { } step ? long.Parse(step, CultureInfo.InvariantCulture) : null,
        Processes =
        [
            new ProcessStatus(Environment.ProcessId, "supervisor", null, [], [], "running"),
            .. silos.Select(silo => children.Count == 0 ? StatusOf(silo) : new ProcessStatus(silo.Pid, "silo", null, [], [], silo.IsReplaced ? "paused" : "running")),
            .. children.Select(child => StatusOf(child, children)),
        ],
    };

    private ProcessStatus StatusOf(SiloProcess silo) => StatusOf(
        silo.Pid, silo.Ordinal, silo.IsReplaced ? null : _view?.Members.LastOrDefault(member => member.Slot == silo.Ordinal), silo.IsReplaced);

    private ProcessStatus StatusOf(ChildRecord child, IReadOnlyList<ChildRecord> children) => StatusOf(
        child.Pid, child.Slot, _view?.Members.FirstOrDefault(member => member.Node.Value == child.Node), children.Any(other => other.Slot == child.Slot && other.Node > child.Node));

    private ProcessStatus StatusOf(int pid, int slot, Member? member, bool isReplaced)
    {
        var lanes = member is null ? [] : _view!.LanesOf(member.Node).ToList();
        var partitions = member is null ? [] : _view!.ReplicasOn(member.Node).Select(id => id.Value).ToList();
        var state = isReplaced ? "paused" : member is null ? "joining" : lanes.Count == 0 ? "spare" : "running";
        return new ProcessStatus(pid, "node", slot, lanes, partitions, state);
    }

    /// <summary>What can be said of a run that has no end.</summary>
    public RunReport Unfinished()
    {
        var last = File.Exists(_metrics) ? JsonLines.Read(_metrics, StorageJson.Default.MetricsLine) : [];
        return new RunReport
        {
            StepsCommitted = last.Count(line => !line.Skipped),
            StepsSkipped = last.Count(line => line.Skipped),
            TrainLossLast = last.Count > 0 ? last[^1].Loss : null,
            ValLoss = null,
            WeightsSha256 = null,
            WorkersStarted = 0,
            Faults = 0,
            Recoveries = [],
            LanesRecomputed = 0,
            DuplicatePushesRejected = 0,
            StaleGenerationRejected = 0,
            SamplesFromHolders = 0,
            SamplesFromFile = 0,
            TokensPerSecond = 0,
            PeakRssBytes = new Dictionary<string, long>(),
        };
    }

    private IReadOnlyList<FaultLine> Faults() => File.Exists(_faults) ? JsonLines.Read(_faults, StorageJson.Default.FaultLine) : [];

    private static View View(byte[] record) => JsonSerializer.Deserialize(record, LocalJson.Default.View)!;

    // What a line says of its decision; who listens to a run asks for no more.
    private static Decision DecisionOf(MetricsLine line)
    {
        var lineage = new Lineage(new Generation(line.Lineage));
        var scalars = new UpdateScalars((float)line.Lr, 1, 1, 1);
        return new Decision(
            lineage, line.Step, line.Skipped ? DecisionKind.Skip : DecisionKind.Commit, scalars,
            line.Loss ?? double.NaN, line.GradNorm ?? double.NaN, 0, 0, DecisionDigest.Genesis(lineage));
    }
}
