using System.Diagnostics;
using System.Text;
using AtomGrains.Chaos.Machine;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>A standing silo as an orchestrator would start it; ports are any free ones. Killed when it is disposed of.</summary>
internal sealed class StandingProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _said = new();
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(20) };

    /// <param name="name">Its failure domain.</param>
    public StandingProcess(string name, IReadOnlyDictionary<string, string> environment, params string[] arguments)
        : this(name, environment, mark: null, arguments)
    {
    }

    /// <param name="mark">By which it and what it starts are found; null for none.</param>
    public StandingProcess(string name, IReadOnlyDictionary<string, string> environment, ProcessMark? mark, params string[] arguments)
        : this(AtomProgram.Path, name, environment, mark, arguments)
    {
    }

    /// <param name="program">Another one than that beside the tests.</param>
    public StandingProcess(string program, string name, IReadOnlyDictionary<string, string> environment, ProcessMark? mark, params string[] arguments)
    {
        Name = name;
        var info = AtomProgram.StartInfo(["silo", "--host", name, "--silo-port", "0", "--gateway-port", "0", "--http-port", "0", .. arguments]);
        info.FileName = program;
        foreach (var (variable, value) in environment)
        {
            info.Environment[variable] = value;
        }

        mark?.PutOn(info);
        _process = Process.Start(info)!;
        _process.OutputDataReceived += Hear;
        _process.ErrorDataReceived += Hear;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What its cluster calls it.</summary>
    public string Name { get; }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Everything that it has said, on both streams.</summary>
    public string Said
    {
        get
        {
            lock (_said)
            {
                return _said.ToString();
            }
        }
    }

    /// <summary>Where it answers whoever watches over it; null before it has said so.</summary>
    public string? Url => Said.Split("health at ") is [_, var rest, ..] ? rest.Split('\n')[0] : null;

    public void Signal(int signal) => Signals.Send(_process.Id, signal);

    /// <summary>Status and text of an answer; null when there is none.</summary>
    public async Task<(int Status, string Text)?> Get(string path)
    {
        try
        {
            using var answer = await _client.GetAsync(Url + path);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
        catch (Exception error) when (error is HttpRequestException or InvalidOperationException)
        {
            return null;
        }
    }

    public Task IsReady() => Eventually.Answers($"{Name} is ready", async () => HasExited ? throw new InvalidOperationException($"it has exited\n{Said}") : await Get("/readyz") is { Status: 200 } ? "" : null, () => Said);

    public Task Says(string text) => Eventually.Holds($"{Name} says {text}", () => Said.Contains(text, StringComparison.Ordinal), () => Said);

    public async Task<int> Ends()
    {
        await Eventually.Holds($"{Name} has ended", () => _process.HasExited, () => Said);
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
        _client.Dispose();
    }

    private void Hear(object sender, DataReceivedEventArgs line)
    {
        lock (_said)
        {
            _said.Append(line.Data).Append('\n');
        }
    }
}
