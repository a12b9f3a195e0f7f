using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Workers;

namespace AtomGrains.Node.Storage;

/// <summary>
/// The folder of one run, held by one supervisor at a time. <see cref="Open"/> decides whether the folder may be
/// used and changes nothing in it when not; <see cref="Begin"/> writes what the run starts from, <c>run.json</c>
/// last, so a folder with that file is complete.
/// </summary>
public sealed class RunFolder : IDisposable
{
    public const string Setting = "--out";
    public const string EnvironmentSetting = "--allow-environment-change";
    public const string MetricsFileName = "metrics.jsonl";
    public const string FaultsFileName = "faults.jsonl";
    public const string WeightsFileName = "model.safetensors";

    /// <summary>What the run's command was given.</summary>
    public const string SettingsFileName = "settings.json";

    /// <summary>Stands in the folder of a run that a cluster was asked for: its silos write there, under no lock of this machine.</summary>
    public const string RequestFileName = "request.json";

    // Written before run.json, each of them whole: who dies among them leaves these.
    private static readonly string[] WrittenFirst = [SettingsFileName, TokenFileSource.FileName, TokenizerFile.FileName];

    // The others of a run, which would replace or be mixed with what has their names.
    private static readonly string[] WrittenLater =
    [
        MetricsFileName, SurvivingMetrics.GivenUpFileName, FaultsFileName, WeightsFileName, ConfigurationFile.FileName, RequestFileName,
        RunStatus.FileName, SupervisorPost.FileName, RunEnd.FileName, RunWish.FileName, FileRegister.FolderName, FaultLedger.FolderName, LeafSegments.FolderName,
        LaneMark.FolderName, NodeRoll.FolderName, SupervisorRoll.FolderName, StruckFaults.FolderName, CheckpointPlan.FolderName, OrphanRecord.FolderName, "logs",
    ];

    private readonly RunFolderLock _lock;

    private RunFolder(string path, RunRecord record, bool resumed, RunFolderLock held)
    {
        Path = path;
        Record = record;
        IsResumed = resumed;
        _lock = held;
    }

    /// <summary>Absolute.</summary>
    public string Path { get; }

    public RunRecord Record { get; private set; }

    /// <summary>
    /// True when the folder holds this very run, begun and not finished: its register goes on from there.
    /// </summary>
    public bool IsResumed { get; }

    public string MetricsPath => System.IO.Path.Combine(Path, MetricsFileName);

    public string FaultsPath => System.IO.Path.Combine(Path, FaultsFileName);

    public string WeightsPath => System.IO.Path.Combine(Path, WeightsFileName);

    /// <param name="allowEnvironmentChange">Whether the run may go on in another bits class, or with another build of its job, than it began with.</param>
    /// <param name="needs">What will be written; without it, what every run writes.</param>
    /// <exception cref="InvalidSettingsException">
    /// In use, holding another run, a finished one or files of somebody's with the names of a run's, not writable, or without
    /// space.
    /// </exception>
    public static RunFolder Open(string path, RunRecord record, bool allowEnvironmentChange = false, DiskNeeds? needs = null)
    {
        var folder = System.IO.Path.GetFullPath(path);
        try
        {
            // Where no lock ever was, no run began: what is there is somebody else's.
            var wasBegun = File.Exists(System.IO.Path.Combine(folder, RunFolderLock.FileName));
            var begun = Check(path, folder, record, allowEnvironmentChange, wasBegun, held: false);
            needs ??= DiskNeeds.Of(record, roots: true, new CheckpointPlan(), storeFolder: null);
            if (needs.Errors(path, resumed: begun is not null) is [_, ..] noSpace)
            {
                throw new InvalidSettingsException(noSpace);
            }

            Directory.CreateDirectory(folder);
            var held = RunFolderLock.TryAcquire(folder) ?? throw InUse(path, folder);
            try
            {
                // Again, now that nobody else can change it.
                var resumed = Check(path, folder, record, allowEnvironmentChange, wasBegun, held: true);
                foreach (var name in (string[])["", FileRegister.FolderName, FaultLedger.FolderName, NodeRoll.FolderName, SupervisorRoll.FolderName])
                {
                    DurableFile.RemoveTemporaries(System.IO.Path.Combine(folder, name));
                }

                return new RunFolder(folder, resumed ?? record, resumed is not null, held);
            }
            catch
            {
                held.Dispose();
                throw;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Refuse(path, $"must be a folder that can be written: {error.Message}");
        }
        catch (InvalidDataException error)
        {
            throw Refuse(path, $"holds something else: {error.Message}");
        }
    }

    /// <summary>
    /// Writes tokens and vocabulary, then <c>run.json</c>. For a resumed run they are there and are kept, if they still
    /// are what the run began with.
    /// </summary>
    /// <param name="corpus">Null for a resumed run, which has it.</param>
    /// <param name="isTakenOver">Nodes of the run live and work on that data: no time is taken to look at all of it.</param>
    /// <exception cref="InvalidSettingsException">They could not be written or read, or are other data.</exception>
    public void Begin(TokenizedCorpus? corpus, bool isTakenOver = false)
    {
        try
        {
            if (IsResumed)
            {
                if (!isTakenOver)
                {
                    CheckData();
                    Record.Write(Path);
                }

                return;
            }

            ArgumentNullException.ThrowIfNull(corpus);

            DurableFile.Write(System.IO.Path.Combine(Path, TokenFileSource.FileName), corpus.WriteTokens);
            DurableFile.Write(System.IO.Path.Combine(Path, TokenizerFile.FileName), TokenizerFile.Serialize(corpus.Tokenizer));
            Record.Write(Path);
        }
        catch (IOException error)
        {
            throw Refuse(Path, $"cannot be written: {error.Message}");
        }
    }

    // Its length is the same whatever bits of it have changed.
    private void CheckData()
    {
        string hash;
        try
        {
            hash = TokenizedCorpus.HashOf(Path);
        }
        catch (IOException error)
        {
            throw Refuse(Path, $"holds this run without its data: {error.Message}");
        }

        if (hash != Record.DataHash)
        {
            throw Refuse(
                Path,
                $"holds other data than this run began with ({TokenFileSource.FileName} and {TokenizerFile.FileName} hash to {hash}, {RunRecord.FileName} says {Record.DataHash}); must be a new folder");
        }
    }

    public FileRegister OpenRegister() => new(Path);

    internal static JsonLinesWriter<MetricsLine> OpenMetrics(string folder, Func<bool>? isOver = null) =>
        new(System.IO.Path.Combine(folder, MetricsFileName), StorageJson.Default.MetricsLine, sync: false, isOver);

    internal static JsonLinesWriter<FaultLine> OpenFaults(string folder, Func<bool>? isOver = null) =>
        new(System.IO.Path.Combine(folder, FaultsFileName), StorageJson.Default.FaultLine, sync: true, isOver);

    /// <summary>Marks the run finished; its weights are written by then, by whoever held them.</summary>
    public void Finish(DateTimeOffset now) => Record = MarkFinished(Path, Record, now);

    /// <summary>The same where nobody holds the folder's lock, for who alone writes in it.</summary>
    public static void Finish(string folder, DateTimeOffset now) => MarkFinished(folder, RunRecord.Read(folder)!, now);

    private static RunRecord MarkFinished(string folder, RunRecord record, DateTimeOffset now)
    {
        SurvivingMetrics.Merge(folder);
        var finished = record with { Finished = now };
        finished.Write(folder);
        return finished;
    }

    public void Dispose() => _lock.Dispose();

    /// <returns>The record of this very run when the folder holds it, null when it holds none.</returns>
    private static RunRecord? Check(string path, string folder, RunRecord record, bool allowEnvironmentChange, bool wasBegun, bool held)
    {
        if (!held && RunFolderLock.IsHeld(folder))
        {
            throw InUse(path, folder);
        }

        if (RunRecord.Read(folder) is not { } existing)
        {
            return (wasBegun ? WrittenLater : WrittenFirst.Concat(WrittenLater)).FirstOrDefault(name => System.IO.Path.Exists(System.IO.Path.Combine(folder, name))) is { } trace
                ? throw Refuse(path, $"holds {trace} without {RunRecord.FileName}; must be empty or new")
                : null;
        }

        if (System.IO.Path.Exists(System.IO.Path.Combine(folder, RequestFileName)))
        {
            throw Refuse(path, "holds a run of a cluster, whose silos go on with it; must be another folder");
        }

        // The number of partitions decides no bit, and may change where a run goes on from a checkpoint.
        var differences = RunSpecIdentity.Differences(existing.Spec, record.Spec with { Partitions = existing.Spec.Partitions });
        if (differences.Count == 0 && !allowEnvironmentChange && existing.EnvironmentDifferences(record) is { Count: > 0 } changed)
        {
            throw Refuse(path, $"holds a run of another environment ({string.Join(", ", changed)}), which may change its bits; must be a new folder, or allowed by {EnvironmentSetting}");
        }

        if (differences.Count > 0)
        {
            var fields = differences.Select(field => $"{field.Item1} is {field.Item2} there and {field.Item3} here");
            throw Refuse(path, $"holds another run ({string.Join(", ", fields)}); must be a new folder, or that run's own settings");
        }

        return existing.Finished is { } finished
            ? throw Refuse(path,
                $"holds this run, finished at {finished.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z; must be a new folder")
            : existing.GoingOnAs(record);
    }

    private static InvalidSettingsException InUse(string path, string folder) =>
        Refuse(path,
            $"run folder in use by process {RunFolderLock.Holder(folder) ?? "unknown"}; must be another folder, or wait for its end");

    private static InvalidSettingsException Refuse(string path, string reason) =>
        new(new SettingError(Setting, path, reason));
}
