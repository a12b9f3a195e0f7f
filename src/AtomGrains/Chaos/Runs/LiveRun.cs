using System.Diagnostics;
using System.Text;
using AtomGrains.Chaos.Machine;
using AtomGrains.Node.Storage;

namespace AtomGrains.Chaos.Runs;

/// <summary>The processes of one run, from its first start over its resumes to its end, and what they have said.</summary>
internal sealed class LiveRun(ChaosMachine machine, string folder, IReadOnlyDictionary<string, string> environment) : IDisposable
{
    private static readonly TimeSpan KilledWithin = TimeSpan.FromSeconds(30);


    // A child that has just been started holds its parent's output for a moment.
    private static readonly TimeSpan OutputWithin = TimeSpan.FromSeconds(5);

    private readonly StringBuilder _output = new();
    private readonly List<MetricsLine> _news = [];
    private Process? _process;
    private long _offset;

    /// <summary>The run folder.</summary>
    public string Folder { get; } = folder;

    public ProcessMark Mark { get; } = new();

    public bool HasExited => _process!.HasExited;

    /// <summary>128 and a signal's number for what a signal ended.</summary>
    public int ExitCode => _process!.ExitCode;

    public int Pid => _process!.Id;

    /// <summary>Lines of the metrics so far, of all lineages.</summary>
    public long Committed { get; private set; }

    /// <summary>The step in progress.</summary>
    public long Step { get; private set; }

    /// <summary>Standard output and error of all attempts, line by line as they came.</summary>
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

    /// <summary>Starts the program, for the first time or again.</summary>
    public void Start(IReadOnlyList<string> arguments)
    {
        _process?.Dispose();
        Say($"$ {string.Join(' ', arguments)}");
        var info = machine.Program(Mark, arguments);
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        _process = new Process { StartInfo = info };
        _process.OutputDataReceived += (_, line) => Say(line.Data);
        _process.ErrorDataReceived += (_, line) => Say(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Waits until everything that an ended program had to say is here.</summary>
    public void OutputEnds() => _process!.WaitForExitAsync().Wait(OutputWithin);

    /// <summary>Reads what the run has decided since.</summary>
    public void Follow()
    {
        var path = Path.Combine(Folder, RunFolder.MetricsFileName);
        if (!File.Exists(path))
        {
            return;
        }

        _news.Clear();
        _news.AddRange(JsonLines.ReadOn(path, StorageJson.Default.MetricsLine, ref _offset));
        Committed += _news.Count;
        Step = _news.Count > 0 ? _news[^1].Step + 1 : Step;
    }

    /// <summary>What the supervisor said last; null when it has said nothing yet.</summary>
    public RunStatus? Status() => File.Exists(Path.Combine(Folder, RunStatus.FileName)) ? RunStatus.Read(Folder) : null;

    /// <summary>Ends every process of the run, and waits until none is left.</summary>
    /// <param name="but">Those that shall live.</param>
    public void KillAll(params IReadOnlyCollection<int> but)
    {
        if (!SpinWait.SpinUntil(() => KilledNow(but), KilledWithin))
        {
            throw new IOException($"processes {string.Join(' ', Mark.Living())} do not end by SIGKILL");
        }

        _process?.WaitForExit(KilledWithin);
    }

    public void Dispose()
    {
        if (_process is not null)
        {
            KillAll();
            _process.Dispose();
        }
    }

    private bool KilledNow(IReadOnlyCollection<int> but)
    {
        Mark.KillAll(but);
        return !Mark.Living().Except(but).Any();
    }

    private void Say(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
