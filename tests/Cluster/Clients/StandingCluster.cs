using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using AtomGrains.Chaos.Machine;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Node.Workers;
using AtomGrains.Tests.Support.Tls;

namespace AtomGrains.Cluster.Tests.Clients;

/// <summary>Silos that stand for themselves, as processes, and clients that come and go; all in a folder that goes with it.</summary>
internal sealed class StandingCluster : IAsyncDisposable
{
    private static readonly string ClientProgram = Path.Combine(AppContext.BaseDirectory.Split("/tests/Cluster/")[0], "samples/StartRun", AppContext.BaseDirectory.Split("/tests/Cluster/")[1], "StartRun");

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-standing-").FullName;
    private readonly ProcessMark _mark = new();
    private readonly List<Process> _silos = [];
    private readonly Authority? _authority;
    private readonly string[] _clientTls;
    private int _started;

    /// <param name="authority">Whose certificates silos and clients have, each its own, though all is on loopback; null for none.</param>
    public StandingCluster(Authority? authority = null)
    {
        _authority = authority;
        _clientTls = authority is null ? [] : Flags(authority.Issue("client").Files);
        Runs = Directory.CreateDirectory(Path.Combine(_folder, "runs")).FullName;
        Directory.CreateDirectory(Path.Combine(_folder, "members"));
        Directory.CreateDirectory(Path.Combine(_folder, "logs"));
        File.WriteAllText(SecretFile, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
    }

    /// <summary>The folder of all runs.</summary>
    public string Runs { get; }

    public string Clustering => $"directory:{Path.Combine(_folder, "members")}";

    /// <summary>Living silos, oldest first.</summary>
    public IReadOnlyList<Process> Silos => [.. _silos.Where(silo => !silo.HasExited)];

    /// <summary>Of all runs' secrets.</summary>
    public string Secret => File.ReadAllText(SecretFile);

    private string SecretFile => Path.Combine(_folder, "secret");

    /// <summary>Starts silos; they join by themselves.</summary>
    public void StartSilos(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var name = $"host-{_started++}";
            var info = new ProcessStartInfo("/bin/sh", ["-c", $"exec \"$0\" \"$@\" >{_folder}/logs/{name}.log 2>&1", AtomProgram.Path, "silo",
                "--clustering", Clustering, "--runs", Runs, "--secret-file", SecretFile, "--host", name, "--silo-port", "0", "--gateway-port", "0", "--http-port", "0",
                .. _authority is null ? [] : (string[])["--tls", "on", .. Flags(_authority.Issue(name).Files)]]);
            _mark.PutOn(info);

            // These runs are over before full compilation pays.
            info.Environment["DOTNET_TieredCompilation"] = "1";
            _silos.Add(Process.Start(info)!);
        }
    }

    /// <summary>Waits until a client finds a silo.</summary>
    public Task Joins() => Eventually.Answers("a silo that answers", async () => (await Client("list")).ExitCode == 0 ? "" : null, () => Logs);

    /// <summary>Ends every process of every silo at once, none of which lives to see another die.</summary>
    public async Task KillAll()
    {
        _mark.KillAll();
        await Eventually.Holds("the end of all silos", () => _mark.Living().Count == 0);
    }

    /// <summary>Runs a client to its end.</summary>
    public Task<Ended> Client(params string[] arguments) => SampleProgram.Run(ClientProgram, [.. arguments, "--clustering", Clustering, .. _clientTls]);

    /// <summary>A client that goes on.</summary>
    public Process Watching(string run) => SampleProgram.Start(ClientProgram, "watch", run, "--clustering", Clustering);

    /// <summary>A client that has to end well.</summary>
    public async Task<string> Does(params string[] arguments)
    {
        var ended = await Client(arguments);
        Assert.True(ended.ExitCode == 0, $"{string.Join(' ', arguments)}: exit code {ended.ExitCode}\n{ended.Output}{ended.Errors}\n{Logs}");
        return ended.Output;
    }

    /// <summary>Starts a run.</summary>
    /// <param name="settings">Beside those of the spec.</param>
    public async Task Starts(string name, Spec spec, int workers, params string[] settings)
    {
        var file = Path.Combine(_folder, $"{name}.yaml");
        await File.WriteAllTextAsync(file, SpecOf(spec, workers, settings));
        await Does("start", "--spec", file, "--name", name);
    }

    /// <summary>The options of a spec as lines of a file; a pause is only what lasts, so that a busy machine adds none of its own.</summary>
    public static string SpecOf(Spec spec, int workers, params string[] settings) => string.Join('\n',
        spec.Arguments.Chunk(2).Select(pair => $"{pair[0][2..]}: {pair[1]}").Concat([$"workers: {workers}", "pause-after: 60"]).Concat(settings));

    /// <summary>The lines of a run's metrics, as they are now.</summary>
    public IReadOnlyList<JsonNode> Metrics(string run)
    {
        var path = Path.Combine(Runs, run, "metrics.jsonl");
        return File.Exists(path) ? [.. ReadShared(path).Split('\n')[..^1].Select(line => JsonNode.Parse(line)!)] : [];
    }

    /// <summary>Waits until a run has done a step.</summary>
    public Task Reaches(string run, long step) =>
        Eventually.Holds($"step {step} of {run}", () => Metrics(run) is [.., var last] && (long)last["step"]! >= step, () => Logs);

    /// <summary>A file of a run's folder; null before it is there.</summary>
    public JsonNode? Read(string run, string file) =>
        File.Exists(Path.Combine(Runs, run, file)) ? JsonNode.Parse(ReadShared(Path.Combine(Runs, run, file))) : null;

    /// <summary>Waits for the end of a run, which has to be a good one.</summary>
    public async Task<FinishedRun> Finish(string run, Spec spec)
    {
        var end = await Eventually.Is($"the end of {run}", () => Read(run, "end.json"), () => Logs);
        var report = Path.Combine(_folder, $"{run}.report.json");
        await File.WriteAllTextAsync(report, end["report"]!.ToJsonString(new JsonSerializerOptions()));
        return new FinishedRun(spec, new Ended((string?)end["stopped"] is null ? 0 : 1, "", (string?)end["stopped"] ?? ""), Path.Combine(Runs, run), report);
    }

    /// <summary>The end of a run that nothing was to change a bit of.</summary>
    public async Task EndsAsTheCalmRun(string run, Spec spec) => await (await Finish(run, spec)).EqualsTheCalmRun();

    /// <summary>The processes that compute for a run now, by the worker's number.</summary>
    public IReadOnlyDictionary<int, (int Pid, int Silo)> Workers(string run)
    {
        var folder = Path.Combine(Runs, run, "children");
        var living = _mark.Living().ToHashSet();
        return (Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.json") : []).Select(path => JsonNode.Parse(ReadShared(path))!)
            .Where(child => living.Contains((int)child["Pid"]!))
            .GroupBy(child => (int)child["Slot"]!).ToDictionary(group => group.Key, group => ((int)group.Last()["Pid"]!, (int)group.Last()["SiloPid"]!));
    }

    /// <summary>What the silos have said, for messages.</summary>
    public string Logs => string.Join('\n', Directory.EnumerateFiles(Path.Combine(_folder, "logs")).Order().Select(path => $"{Path.GetFileName(path)}\n{ReadShared(path)}"));

    public async ValueTask DisposeAsync()
    {
        await KillAll();
        _silos.ForEach(silo => silo.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    private static string[] Flags(TlsFiles files) =>
        [TlsFiles.CertificateFlag, files.Certificate, TlsFiles.KeyFlag, files.Key, TlsFiles.AuthorityFlag, files.Authority];

    private static string ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }
}
