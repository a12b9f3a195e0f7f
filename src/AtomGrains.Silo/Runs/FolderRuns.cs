using System.Collections.Concurrent;
using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Storage;
using AtomGrains.Silo.Standing;

namespace AtomGrains.Silo.Runs;

/// <summary>
/// The runs of a cluster of standing silos: a folder that all of them share, with a folder for each run in it, by its name.
/// A run is there when its folder has that name, which is the last thing that is done about it.
/// </summary>
/// <param name="root">Absolute.</param>
/// <param name="store">Where checkpoints go, a folder by the run's name below it; null for the run folder.</param>
/// <param name="grace">What a silo of this cluster has to hand over: a run that planned with more would lose what it put off.</param>
/// <param name="secret">The cluster's, from which each run's is derived.</param>
/// <param name="data">In which the data of runs must lie, absolute; null for anywhere.</param>
internal sealed class FolderRuns(string root, string? store, TimeSpan grace, ClusterSecret secret, SiloShape shape, JobRegistry jobs, string? data = null) : ISiloRuns, IRunCatalog, IDisposable
{
    // Where one silo alone has devices, a fault that passes within minutes ends no run.
    private const int MostSiloRests = 3;

    private readonly ConcurrentDictionary<string, (DateTimeOffset Started, SiloRun Run)> _opened = new();
    private readonly ConcurrentDictionary<string, (DateTime At, RunEntry Entry)> _over = new();
    private readonly ConcurrentDictionary<string, string> _unreadable = new();

    public ISiloRun? Find(string runId)
    {
        // A folder that was taken away and made anew is another run, and one that was given another build is opened anew.
        if (RunNames.Fault(runId) is not null || RunRecord.Read(FolderOf(runId)) is not { } record)
        {
            return null;
        }

        lock (_opened)
        {
            if (_opened.TryGetValue(runId, out var known) && known.Started == record.Started && known.Run.Plan.Program == record.Program && known.Run.Plan.BitsClass == record.BitsClass)
            {
                return known.Run;
            }

            known.Run?.Dispose();
            var opened = Open(runId, record);
            _opened[runId] = (record.Started, opened);
            return opened;
        }
    }

    public IReadOnlyList<RunEntry> List() =>
    [
        .. Directory.EnumerateDirectories(root).Select(Path.GetFileName).OfType<string>().Where(name => RunNames.Fault(name) is null)
            .Select(Entry).OfType<RunEntry>().OrderBy(entry => entry.Summary.Started).ThenBy(entry => entry.Summary.Name, StringComparer.Ordinal),
    ];

    public bool? IsSame(RunRequest request) =>
        !Directory.Exists(FolderOf(request.Name)) ? null : KeptRequest.Read(FolderOf(request.Name))?.Spec == request.Spec;

    public RunNeeds Read(RunRequest request) => RunSpecReader.Needs(request);

    public void Make(RunRequest request)
    {
        var errors = RunFolderMaker.Make(request, FolderOf(request.Name), StoreOf(request.Name), data, shape.Devices[0], jobs);
        if (errors is not null && IsSame(request) != true)
        {
            throw new InvalidSettingsException(errors);
        }
    }

    public string? Adopt(string name) => RunAdoption.Adopt(name, FolderOf(name), shape.Devices[0], jobs);

    public void Dispose()
    {
        foreach (var (_, run) in _opened.Values)
        {
            run.Dispose();
        }
    }

    // Whoever may call a grain may say any name, and some are ways to other folders.
    private string FolderOf(string name) => RunNames.Fault(name) is { } fault
        ? throw new InvalidSettingsException(new SettingError("run", "", fault))
        : Path.Combine(root, name);

    private string StoreOf(string name) => store is null ? Path.Combine(FolderOf(name), CheckpointPlan.FolderName)
        : ObjectStores.IsFolder(store) ? Path.Combine(store, name) : $"{store.TrimEnd('/')}/{name}";

    private SiloRun Open(string name, RunRecord record)
    {
        var settings = RunSpecReader.Saved(FolderOf(name)).RunSettings;
        var plan = new RunPlan
        {
            RunId = name,
            Spec = record.Spec,

            // What the silos were set up with goes for every run of theirs; and none of them is ordered to suffer a fault.
            Settings = settings with { Grace = grace, Faults = FaultPlan.None, Checkpoints = settings.Checkpoints with { Store = StoreOf(name) } },
            Folder = FolderOf(name),
            Elements = record.Elements ?? throw new InvalidDataException($"{RunRecord.FileName} of {name} does not say how many parameters the model has"),
            MostSiloRests = MostSiloRests,
            Before = Generation.None,
            Program = record.Program ?? throw new InvalidDataException($"{RunRecord.FileName} of {name} does not say which program it is of"),
            BitsClass = record.BitsClass,
            FinishesFolder = true,
        };
        return new SiloRun(plan, secret.OfRun(name).ToHex(), shape, jobs);
    }

    // A folder that nobody may read, or a file that is broken, is the matter of one run: all others go on.
    private RunEntry? Entry(string name)
    {
        try
        {
            var entry = ReadEntry(name);
            _unreadable.TryRemove(name, out _);
            return entry;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException or JsonException)
        {
            if (_unreadable.GetValueOrDefault(name) != error.Message)
            {
                _unreadable[name] = error.Message;
                Console.Error.WriteLine($"warning: {FolderOf(name)} is left out of the runs, since it cannot be read: {error.Message.ReplaceLineEndings(" ")}");
            }

            return null;
        }
    }

    // What is over changes no more: thousands of such runs are not read again and again.
    private RunEntry? ReadEntry(string name)
    {
        var end = new FileInfo(Path.Combine(FolderOf(name), RunEnd.FileName));
        if (end.Exists && _over.TryGetValue(name, out var known) && known.At == end.LastWriteTimeUtc)
        {
            return known.Entry;
        }

        var entry = RunEntryReader.Read(FolderOf(name), name);
        if (end.Exists && entry is not null)
        {
            _over[name] = (end.LastWriteTimeUtc, entry);
        }

        return entry;
    }
}
