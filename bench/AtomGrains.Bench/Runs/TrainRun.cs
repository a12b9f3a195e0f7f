using System.Diagnostics;
using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Bench.Runs;

/// <summary>
/// One <c>atom train</c> in a process of its own and a folder that goes when it is disposed. Everything is seen from
/// outside, in the files that a run writes.
/// </summary>
internal sealed class TrainRun : IDisposable
{
    private const int Terminate = 15;
    private const string SiloProgramVariable = "ATOMGRAINS_SILO_PROGRAM";

    // A run that does not get somewhere within this has hung: the bench fails instead of waiting for ever.
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    private readonly string _home;
    private Process _process;

    /// <summary>Starts it; the arguments come after those that every bench gives.</summary>
    public TrainRun(params IEnumerable<string> arguments)
        : this(BenchHost.Local, arguments)
    {
    }

    public TrainRun(BenchHost host, params IEnumerable<string> arguments)
    {
        _home = Directory.CreateTempSubdirectory("atomgrains-bench-").FullName;
        var text = Path.Combine(_home, "text.txt");
        Text.Write(text);
        Folder = Path.Combine(_home, "run");
        ReportPath = Path.Combine(_home, "report.json");
        string[] given = ["train", "--host", host == BenchHost.Orleans ? "orleans" : "local", "--data", text, "--out", Folder, "--report", ReportPath, "--quiet", "true", "--eval-every", "0", "--eval-batches", "1"];
        Watch = new StepWatch(Path.Combine(Folder, RunFolder.MetricsFileName));
        Started = Stopwatch.GetTimestamp();
        _process = StartSupervisor(Program(host), given.Concat(arguments));
    }

    /// <summary>Kills the supervisor of a local run and starts the next one; returns when that was.</summary>
    public long ReplaceSupervisor()
    {
        Signals.Send(_process.Id, Signals.Kill);
        _process.WaitForExit();
        _process.Dispose();
        var started = Stopwatch.GetTimestamp();
        _process = StartSupervisor(Program(BenchHost.Local), ["train", "--resume", "--out", Folder, "--quiet", "true"]);
        return started;
    }

    private static Process StartSupervisor(string program, IEnumerable<string> arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    // Ours is beside the bench; one with silos is built apart, where the cluster packages restore.
    private static string Program(BenchHost host) => host == BenchHost.Local
        ? Path.Combine(AppContext.BaseDirectory, "AtomGrains")
        : Environment.GetEnvironmentVariable(SiloProgramVariable) ?? throw new InvalidOperationException($"{SiloProgramVariable} does not name the program with silos: start it by ./atom bench --host orleans");

    public string Folder { get; }

    public StepWatch Watch { get; }

    public long Started { get; }

    public int SupervisorPid => _process.Id;

    private string ReportPath { get; }

    /// <summary>The register's newest view; null before the first.</summary>
    public View? NewestView()
    {
        var views = new DirectoryInfo(Path.Combine(Folder, FileRegister.FolderName));
        var generations = views.Exists ? views.EnumerateFiles("*.json").Select(file => long.Parse(Path.GetFileNameWithoutExtension(file.Name))).ToList() : [];
        return generations.Count == 0 ? null : View(generations.Max());
    }

    public View View(long generation) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(Folder, FileRegister.FolderName, $"{generation}.json")), LocalJson.Default.View)!;

    public RunStatus? Status() => Directory.Exists(Folder) ? RunStatus.Read(Folder) : null;

    /// <summary>Living processes whose workers own lanes, by slot; the status file is a quarter of a second old at most.</summary>
    public List<ProcessStatus> Workers() =>
        [.. (Status()?.Processes ?? []).Where(process => process.Worker is not null && process.State == "running" && Directory.Exists($"/proc/{process.Pid}")).OrderBy(process => process.Worker)];

    /// <summary>Tokens a second of all but the first steps, of a run that has ended.</summary>
    public double TokensPerSecond(int warmUpSteps)
    {
        var steps = Watch.Steps;
        return (double)steps[0].Line.Tokens * (steps.Count - warmUpSteps) / Stopwatch.GetElapsedTime(steps[warmUpSteps - 1].SeenAt, steps[^1].SeenAt).TotalSeconds;
    }

    /// <summary>Waits until something is so, looking every few milliseconds.</summary>
    /// <exception cref="TimeoutException">It never was; names what was awaited and the end of the run's own logs.</exception>
    public void WaitUntil(string what, Func<bool> isSo)
    {
        for (var began = Stopwatch.GetTimestamp(); !isSo(); Thread.Sleep(5))
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(began) > Deadline)
            {
                throw new TimeoutException($"{(_process.HasExited ? $"the run ended with exit code {_process.ExitCode}" : "five minutes passed")} while waiting for {what}; the run stands at {Watch.Count} steps");
            }
        }
    }

    /// <summary>Waits for its own end.</summary>
    public RunReport Finish()
    {
        if (!_process.WaitForExit(Deadline))
        {
            throw new TimeoutException($"the run did not end within {Deadline}; it stands at {Watch.Count} steps");
        }

        return JsonSerializer.Deserialize(File.ReadAllBytes(ReportPath), StorageJson.Default.RunReport)!;
    }

    /// <summary>Asks it to end. Not as Ctrl-C does: who is started by a script, without a terminal, ignores that, and so do its children.</summary>
    public RunReport Stop()
    {
        Signals.Send(_process.Id, Terminate);
        return Finish();
    }

    public void Dispose()
    {
        Watch.Dispose();
        if (!_process.HasExited)
        {
            Signals.Send(_process.Id, Signals.Kill);
            _process.WaitForExit();
        }

        _process.Dispose();
        Directory.Delete(_home, recursive: true);
    }
}
