using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using AtomGrains.Chaos.Machine;
using AtomGrains.Cluster.Tests.Standing;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Tests.Support.Tls;

namespace AtomGrains.Cluster.Tests.Clients;

/// <summary>Silos that stand for themselves, as processes, and clients that come and go; all in a folder that goes with it.</summary>
internal sealed partial class StandingCluster : IAsyncDisposable
{
    /// <summary>StartRun, where it was built.</summary>
    public static readonly string ClientProgram = Path.Combine(AppContext.BaseDirectory.Split("/tests/Cluster/")[0], "samples/StartRun", AppContext.BaseDirectory.Split("/tests/Cluster/")[1], "StartRun");

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-standing-").FullName;
    private readonly ProcessMark _mark = new();
    private readonly List<StandingProcess> _silos = [];
    private readonly List<string> _keyFiles = [];
    private readonly Dictionary<string, string> _environment = [];
    private readonly Authority? _authority;

    /// <param name="inTable">Whether its members meet in a real Azurite, and not in a folder.</param>
    /// <param name="authority">Whose certificates silos and clients have, each its own, though all is on loopback; null for none.</param>
    /// <param name="tableKey">What is said to be the table's key; the right one unless given.</param>
    public StandingCluster(bool inTable = false, Authority? authority = null, string? tableKey = null)
    {
        _authority = authority;
        Runs = Directory.CreateDirectory(Path.Combine(_folder, "runs")).FullName;
        Clustering = inTable ? "azure-table" : $"directory:{Directory.CreateDirectory(Path.Combine(_folder, "members")).FullName}";
        _environment["ATOMGRAINS_CLUSTERING"] = Clustering;
        if (inTable)
        {
            Table = Azurite.OfTables(Path.Combine(_folder, "azurite"));
            _environment["ATOMGRAINS_AZURE_CONNECTION_STRING"] =
                tableKey is null ? Table.ConnectionString : Regex.Replace(Table.ConnectionString, "AccountKey=[^;]*", $"AccountKey={tableKey}");
        }

        File.WriteAllText(SecretFile, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
    }

    /// <summary>Everything that the cluster writes, its members' rows and runs included; its certificates are elsewhere.</summary>
    public string Folder => _folder;

    /// <summary>The folder of all runs.</summary>
    public string Runs { get; }

    /// <summary>Settings of silos that start from now on, by the names of their variables.</summary>
    public Dictionary<string, string> OfSilos { get; } = [];

    /// <summary>What silos run that start from now on.</summary>
    public string Program { get; set; } = AtomProgram.Path;

    public string Clustering { get; }

    /// <summary>Where its members meet; null when that is a folder.</summary>
    public Azurite? Table { get; }

    /// <summary>The private keys of silos and clients so far.</summary>
    public IReadOnlyList<string> KeyFiles => [.. _keyFiles.Distinct()];

    /// <summary>Living silos, oldest first.</summary>
    public IReadOnlyList<StandingProcess> Silos => [.. _silos.Where(silo => !silo.HasExited)];

    /// <summary>Of all runs' secrets.</summary>
    public string Secret => File.ReadAllText(SecretFile);

    /// <summary>Whose content is the secret, in the folder that everything else of the cluster is below.</summary>
    public string SecretFile => Path.Combine(_folder, "secret");

    /// <summary>Starts silos; they join by themselves.</summary>
    public void StartSilos(int count)
    {
        for (var i = 0; i < count; i++)
        {
            StartSilo();
        }
    }

    /// <summary>Starts a silo that joins by itself, on a host of its own.</summary>
    public StandingProcess StartSilo()
    {
        var name = $"host-{_silos.Count}";
        var environment = EnvironmentOf(name);
        environment["ATOMGRAINS_TLS"] = _authority is null ? "off" : "on";
        environment["ATOMGRAINS_RUNS"] = Runs;
        environment["ATOMGRAINS_SECRET_FILE"] = SecretFile;

        foreach (var (variable, value) in OfSilos)
        {
            environment[variable] = value;
        }

        _silos.Add(new StandingProcess(Program, name, environment, _mark));
        return _silos[^1];
    }

    /// <summary>Waits until a silo can be asked for something.</summary>
    public Task Joins() => Eventually.Answers("a silo that is ready", async () =>
    {
        foreach (var silo in Silos)
        {
            if (await silo.Get("/readyz") is { Status: 200 })
            {
                return "";
            }
        }

        return null;
    }, () => Logs);

    /// <summary>Ends every process of every silo at once, none of which lives to see another die.</summary>
    public async Task KillAll()
    {
        _mark.KillAll();
        await Eventually.Holds("the end of all silos", () => _mark.Living().Count == 0);
    }

    /// <summary>Runs a client to its end.</summary>
    public async Task<Ended> Client(params string[] arguments)
    {
        using var client = SampleProgram.Start(ClientProgram, EnvironmentOf("client"), arguments);
        return await SampleProgram.Finish(client);
    }

    /// <summary>A client that goes on.</summary>
    public Process Watching(string run) => Running("watch", run);

    /// <inheritdoc cref="Watching"/>
    public Process Running(params string[] arguments) => SampleProgram.Start(ClientProgram, EnvironmentOf("client"), arguments);

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
        await Joins();
        await Does("start", "--spec", file, "--name", name);
    }

    /// <summary>The options of a spec as lines of a file; a pause is only what lasts, so that a busy machine adds none of its own.</summary>
    public static string SpecOf(Spec spec, int workers, params string[] settings) => string.Join('\n',
        spec.Arguments.Chunk(2).Select(pair => $"{pair[0][2..]}: {pair[1]}").Concat([$"workers: {workers}", "pause-after: 60"]).Concat(settings));

    /// <summary>The living silo in which a run's coordinator was activated last.</summary>
    public StandingProcess CoordinatorOf(string run) =>
        Silos.MaxBy(silo => silo.Said.Split('\n').LastOrDefault(line => line.Contains($"run {run}: coordinator is active", StringComparison.Ordinal)) ?? "", StringComparer.Ordinal)!;

    /// <summary>What the silos have said, for messages.</summary>
    public string Logs => string.Join('\n', _silos.Select(silo => $"{silo.Name}\n{silo.Said}"));

    public async ValueTask DisposeAsync()
    {
        await KillAll();
        _silos.ForEach(silo => silo.Dispose());
        Table?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Dictionary<string, string> EnvironmentOf(string name)
    {
        var environment = new Dictionary<string, string>(_environment);
        if (_authority is not null)
        {
            var (files, _) = _authority.Issue(name);
            _keyFiles.Add(files.Key);
            environment["ATOMGRAINS_TLS_CERTIFICATE"] = files.Certificate;
            environment["ATOMGRAINS_TLS_KEY"] = files.Key;
            environment["ATOMGRAINS_TLS_CA"] = files.Authority;
        }

        return environment;
    }
}
