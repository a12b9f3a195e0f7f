using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using AtomGrains.Chaos.Machine;
using AtomGrains.Commands;
using AtomGrains.Core.Options;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>
/// A run of the real program in a folder of its own. All its processes carry a mark in their environment, so that what
/// is left of it can be found whatever became of its supervisor.
/// </summary>
internal sealed class TrainProcess : IDisposable
{
    private readonly Spec _spec;
    private readonly bool _ownsFolder;
    private readonly ProcessMark _mark;
    private readonly string _report;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly Process _process;
    private readonly int? _dead;

    private TrainProcess(Spec spec, string? folder, IEnumerable<string> arguments, string[] through)
        : this(spec, folder ?? NewFolder(), folder is null, new ProcessMark(), at => ["--report", ReportOf(at), .. spec.Arguments, .. arguments], through)
    {
    }

    private TrainProcess(Spec spec, string folder, bool ownsFolder, ProcessMark mark, Func<string, IEnumerable<string>> arguments, string[] through, int? dead = null)
    {
        _spec = spec;
        _dead = dead;
        _ownsFolder = ownsFolder;
        _mark = mark;
        Folder = folder;
        _report = ReportOf(folder);
        var info = AtomProgram.StartInfo(["train", "--out", Folder, .. arguments(folder)], through);
        _mark.PutOn(info);
        _process = new Process { StartInfo = info };
        _process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Folder { get; }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts a run.</summary>
    /// <param name="folder">A run folder to go on with, which stays; else one of its own, which goes with it.</param>
    /// <param name="through">Programs to start it through, such as one that gives it a process group.</param>
    /// <param name="pauseAfter">Seconds of silence that are a pause; long, so that a busy machine adds none of its own.</param>
    public static TrainProcess Start(
        Spec spec, int workers, string[]? faults = null, string[]? options = null, string? folder = null, string[]? through = null, double pauseAfter = 60) =>
        new(
            spec,
            folder,
            [
                "--workers", $"{workers}", "--pause-after", pauseAfter.ToString(CultureInfo.InvariantCulture),
                .. (faults ?? []).SelectMany(fault => new[] { "--fault", fault }), .. options ?? [],
            ],
            through ?? []);

    /// <summary>Goes on with a run whose supervisor is dead; its processes count as this one's.</summary>
    public static TrainProcess Resume(TrainProcess dead, params string[] options) =>
        new(dead._spec, dead.Folder, ownsFolder: false, dead._mark, _ => ["--resume", .. options], [], dead.Pid);

    public static string NewFolder() => Path.Combine(Directory.CreateTempSubdirectory("atomgrains-run-").FullName, "run");

    public static void Remove(string folder) => Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);

    public RunStatus? Status()
    {
        using var output = new StringWriter();
        try
        {
            StatusCommand.Run(Folder, json: true, output);
        }
        catch (InvalidSettingsException)
        {
            return null; // No run there yet.
        }

        return new RunStatus(JsonNode.Parse(output.ToString())!.AsObject());
    }

    /// <summary>Waits until the status is as wanted, which it has to be while the run goes on.</summary>
    public Task<RunStatus> Shows(string awaited, Func<RunStatus, bool> wanted) => Eventually.Is(
        awaited,
        () =>
        {
            GoesOn(awaited);
            return Status() is { } status && !IsOfTheDead(status) && wanted(status) ? status : null;
        },
        () => $"{Status()?.Json}\n{Output}\n{_errors}");

    /// <summary>Waits for something else that has to come while the run goes on, and not with its end.</summary>
    public Task Holds(string awaited, Func<bool> state) => Eventually.Holds(
        awaited,
        () =>
        {
            var holds = state();
            GoesOn(awaited);
            return holds;
        },
        () => $"{Status()?.Json}\n{Output}\n{_errors}");

    /// <summary>Waits until a step has been decided by so many workers.</summary>
    public Task<RunStatus> Trains(int workers, long step = 1) =>
        Shows($"step {step} with {workers} workers", status => status.Step >= step && status.Running.Count == workers);

    /// <summary>Signals this run's supervisor.</summary>
    public void Signal(int signal)
    {
        if (!Signals.Send(Pid, signal))
        {
            _process.WaitForExit();
            GoesOn($"signal {signal}");
        }
    }

    /// <summary>Signals processes of the run, one after the other.</summary>
    public async Task Strike(int signal, params int[] processes)
    {
        foreach (var pid in processes.Where(pid => !Signals.Send(pid, signal)))
        {
            // It ends before the run's other processes do, and a run that goes on without it is none that is over.
            await Holds($"signal {signal}, for which there is no process {pid} any more,", () => false);
        }
    }

    /// <summary>Waits for the end of a supervisor that was killed, in the middle of its run.</summary>
    public async Task IsKilled()
    {
        await Eventually.Holds("the supervisor's end", () => HasExited, () => Output);
        if (_process.ExitCode == 0 || IsComplete)
        {
            throw new RunEndedFirstException($"the run was complete before its supervisor was killed\n{Output}\n{_errors}");
        }
    }

    /// <summary>Waits for the end, and for the end of every process of the run.</summary>
    public async Task<FinishedRun> Finish()
    {
        // A busy machine may be long about it, and still gets on.
        while (!HasExited)
        {
            var written = Written();
            await Eventually.Holds("another step, or the end of the run", () => HasExited || Written() != written, () => $"{Status()?.Json}\n{Output}\n{_errors}");
        }

        await _process.WaitForExitAsync();
        await LeavesNothing();
        return new FinishedRun(_spec, new Ended(_process.ExitCode, Output, _errors.ToString()), Folder, _report);

        long Written() => new FileInfo(Path.Combine(Folder, RunFolder.MetricsFileName)) is { Exists: true } metrics ? metrics.Length : 0;
    }

    /// <summary>Waits until who reads the supervisor's output sees the end of it, whoever of the run still lives.</summary>
    public Task OutputEnds() => _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Waits until no process of the run is left, by itself.</summary>
    public Task LeavesNothing() => Eventually.Holds("no process of the run left", () => Processes().Count == 0, () => string.Join(' ', Processes()));

    /// <summary>Every process of this run that lives, paused ones included.</summary>
    public IReadOnlyList<int> Processes() => _mark.Living();

    public void Dispose()
    {
        if (!HasExited)
        {
            _process.Kill();
        }

        _mark.KillAll();
        _process.WaitForExit();
        _process.Dispose();
        if (_ownsFolder)
        {
            Remove(Folder);
        }
    }

    // Until a resumed run's own supervisor has spoken, its folder holds the last word of the dead one.
    private bool IsOfTheDead(RunStatus status) => _dead is { } dead && status.SupervisorPid == dead;

    private bool IsComplete => File.Exists(Path.Combine(Folder, RunEnd.FileName)) && RunEnd.Read(Folder) is { Stopped: null };

    // A run that has failed is another matter than one that is over. Who started silos ends all of them once the run says that it is.
    private void GoesOn(string awaited)
    {
        if (HasExited)
        {
            // What it said last is read a moment after its end.
            _process.WaitForExitAsync().Wait(TimeSpan.FromSeconds(30));
            var said = $"the run ended before: {awaited}\n{Output}\n{_errors}";
            Assert.True(_process.ExitCode == 0, said);
            throw new RunEndedFirstException(said);
        }

        if (IsComplete)
        {
            throw new RunEndedFirstException($"the run was complete before: {awaited}\n{Output}\n{_errors}");
        }
    }

    private static string ReportOf(string folder) => Path.Combine(folder, "..", $"{Path.GetFileName(folder)}.report.json");

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.AppendLine(line);
        }
    }
}
