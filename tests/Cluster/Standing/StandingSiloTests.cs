using System.Security.Cryptography;
using AtomGrains.Chaos.Machine;
using AtomGrains.Clustering;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Node.Workers;
using Azure.Data.Tables;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>Standing silos as processes, through a folder and through a real Azurite.</summary>
public sealed class StandingSiloTests : IDisposable
{
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq";

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-standing-").FullName;
    private readonly string _secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
    private readonly Dictionary<string, string> _environment;

    public StandingSiloTests()
    {
        File.WriteAllText(Path.Combine(_folder, "secret"), _secret);
        Directory.CreateDirectory(Path.Combine(_folder, "runs"));
        _environment = new() { ["ATOMGRAINS_SECRET_FILE"] = Path.Combine(_folder, "secret"), ["ATOMGRAINS_RUNS"] = Path.Combine(_folder, "runs") };
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ASiloThatIsAskedToEndLeavesItsClusterInOrder()
    {
        var members = Directory.CreateDirectory(Path.Combine(_folder, "members")).FullName;
        using var first = new StandingProcess("first", _environment, "--clustering", $"directory:{members}");
        using var second = new StandingProcess("second", _environment, "--clustering", $"directory:{members}");
        await first.IsReady();
        await second.IsReady();
        Assert.Equal(2, Rows(members).Count(row => row.Contains("\"Status\":3", StringComparison.Ordinal)));
        Assert.Equal(2, await SilosSeenByAClient($"directory:{members}", connectionString: null));
        second.Signal(Signals.Terminate);
        Assert.Equal(0, await second.Ends());
        Assert.Contains("silo: has left", second.Said, StringComparison.Ordinal);
        Assert.Single(Rows(members), row => row.Contains("second-", StringComparison.Ordinal) && row.Contains("\"Status\":6", StringComparison.Ordinal));

        // Who stays is alive and ready, and shows what every scraper asks for.
        await first.IsReady();
        Assert.Equal(200, (await first.Get("/metrics"))?.Status);
        first.Signal(2);
        Assert.Equal(0, await first.Ends());
        Assert.Equal(["secret.check", "volume.id"], Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "runs")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task ASiloWithAnotherSecretDoesNotJoinAndTheOthersStayAsTheyAre()
    {
        var members = Directory.CreateDirectory(Path.Combine(_folder, "members")).FullName;
        using var first = new StandingProcess("first", _environment, "--clustering", $"directory:{members}");
        await first.IsReady();
        var file = Path.Combine(_folder, "other");
        File.WriteAllText(file, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
        using var other = new StandingProcess("other", _environment, "--clustering", $"directory:{members}", "--secret-file", file);
        Assert.Equal(2, await other.Ends());
        var check = Path.Combine(_folder, "runs", "secret.check");
        Assert.Equal(
            $"error: silo: --secret-file {file}: is another secret than that of the silos whose runs are in {Path.Combine(_folder, "runs")}; to change it for all of them, end them all and delete {check}",
            other.Said.Trim());
        Assert.DoesNotContain(_secret, File.ReadAllText(check), StringComparison.OrdinalIgnoreCase);
        Assert.Single(Rows(members), row => row.Contains("\"Status\":3", StringComparison.Ordinal));
        using var second = new StandingProcess("second", _environment, "--clustering", $"directory:{members}");
        await second.IsReady();
        await first.IsReady();
    }

    [Fact]
    public async Task ASiloWithAnotherVolumeOrAnotherSecretBesideItTakesNoPart()
    {
        var members = Directory.CreateDirectory(Path.Combine(_folder, "members")).FullName;
        await StrangersTakeNoPart($"directory:{members}", Path.Combine(members, "atomgrains", "cluster.check"));
        Assert.All(Rows(members), row => Assert.DoesNotContain("stranger", row, StringComparison.Ordinal));
        Assert.DoesNotContain(_secret, File.ReadAllText(Path.Combine(members, "atomgrains", "cluster.check")), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    [Trait("Needs", "Azurite")]
    public async Task NeitherDoesItInATable()
    {
        using var azurite = Azurite.OfTables(Path.Combine(_folder, "azurite"));
        _environment["ATOMGRAINS_AZURE_CONNECTION_STRING"] = azurite.ConnectionString;
        await StrangersTakeNoPart("azure-table", "row cluster of partition atomgrains.check in table OrleansSiloInstances");
        await HasMembers(azurite, "Active", "Active");
    }

    private async Task StrangersTakeNoPart(string clustering, string record)
    {
        using var first = new StandingProcess("first", _environment, "--clustering", clustering);
        await first.IsReady();
        var (elsewhere, secret) = (Directory.CreateDirectory(Path.Combine(_folder, "elsewhere")).FullName, Path.Combine(_folder, "other"));
        File.WriteAllText(secret, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
        Assert.Equal(
            $"error: silo: --runs {elsewhere}: is not the folder in which cluster atomgrains has its runs: it lacks that one's volume.id; to give the cluster another, end all silos and delete {record}",
            await Refused("--runs", elsewhere));
        Assert.Equal(
            $"error: silo: --secret-file: is another secret than that of cluster atomgrains; to change it for all silos, end them all and delete {record}",
            await Refused("--runs", elsewhere, "--secret-file", secret));
        File.WriteAllText(Path.Combine(elsewhere, "volume.id"), $"{new string('0', 32)}\n");
        Assert.Contains("is not the folder in which cluster atomgrains has its runs", await Refused("--runs", elsewhere), StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateFileSystemEntries(elsewhere));

        using var second = new StandingProcess("second", _environment, "--clustering", clustering);
        await second.IsReady();
        await first.IsReady();

        async Task<string> Refused(params string[] arguments)
        {
            using var stranger = new StandingProcess("stranger", _environment, ["--clustering", clustering, .. arguments]);
            Assert.Equal(2, await stranger.Ends());
            return Assert.Single(stranger.Said.Split('\n'), line => line.StartsWith("error: ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task ASiloIsAliveAndNotReadyWhileItsVolumeIsGone()
    {
        using var silo = new StandingProcess("alone", _environment, "--clustering", $"directory:{_folder}");
        await silo.IsReady();
        Directory.Move(Path.Combine(_folder, "runs"), Path.Combine(_folder, "gone"));
        await Eventually.Answers("a fault of the volume", async () => await silo.Get("/readyz") is { Status: 503, Text: var text } && text.StartsWith("runs: ", StringComparison.Ordinal) ? "" : null);
        Assert.Equal((200, "alive\n"), await silo.Get("/healthz"));
        Directory.Move(Path.Combine(_folder, "gone"), Path.Combine(_folder, "runs"));
        await silo.IsReady();
    }

    [Fact]
    public async Task BadSettingsAreLinesAndExitCodeTwoAndLeaveNothing()
    {
        var members = Directory.CreateDirectory(Path.Combine(_folder, "members")).FullName;
        using var silo = new StandingProcess("bad", _environment, "--clustering", $"directory:{members}", "--grace", "never", "--runs", "/nowhere");
        Assert.Equal(2, await silo.Ends());
        Assert.Equal(
            [
                "error: silo: --runs /nowhere: must be a folder that exists, on a volume that all silos of the cluster share",
                "error: silo: --grace never: must be seconds, above 0 and at most 3600",
            ],
            silo.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(Directory.EnumerateFileSystemEntries(members));
    }

    [Fact]
    [Trait("Needs", "Azurite")]
    public async Task SilosMeetInATableAndOutliveItsAbsenceAndADeathInIt()
    {
        using var azurite = Azurite.OfTables(Path.Combine(_folder, "azurite"));
        _environment["ATOMGRAINS_AZURE_CONNECTION_STRING"] = azurite.ConnectionString;
        _environment["ATOMGRAINS_CLUSTERING"] = "azure-table";
        using var first = new StandingProcess("first", _environment);
        using var second = new StandingProcess("second", _environment);
        await first.IsReady();
        await second.IsReady();
        await HasMembers(azurite, "Active", "Active");
        Assert.Equal(2, await SilosSeenByAClient("azure-table", azurite.ConnectionString));

        // Both have noticed that nobody answers, and one dies in that time: the other can tell nobody.
        azurite.Freeze();
        await first.Says("Failed to update table entry for this silo");
        await second.Says("Failed to update table entry for this silo");
        second.Signal(Signals.Kill);
        await second.Ends();
        Assert.Equal((200, "ready\n"), await first.Get("/readyz"));

        azurite.Thaw();
        await HasMembers(azurite, "Active", "Dead");
        using var third = new StandingProcess("third", _environment);
        await third.IsReady();
        await first.IsReady();
        first.Signal(Signals.Terminate);
        Assert.Equal(0, await first.Ends());
        await HasMembers(azurite, "Active", "Dead", "Dead");
        foreach (var said in new[] { first.Said, second.Said, third.Said })
        {
            Assert.DoesNotContain(_secret, said, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Key, said, StringComparison.Ordinal);
            Assert.Contains("silo: has joined", said, StringComparison.Ordinal);
        }
    }

    /// <summary>A client that is given what the silos were given finds a gateway, and there hears of all of them.</summary>
    internal static async Task<int> SilosSeenByAClient(string clustering, string? connectionString, TlsFiles? tls = null)
    {
        var connection = ClusterConnection.Read("atomgrains", clustering, account: null, connectionString, [], tls)!;
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(connection.Configure);
        using var host = builder.Build();
        await host.StartAsync();
        var silos = await host.Services.GetRequiredService<IClusterClient>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);
        await host.StopAsync();
        return silos.Count;
    }

    /// <summary>Waits until the rows of a table have these states, in the order of their names.</summary>
    internal static Task HasMembers(Azurite azurite, params string[] statuses) => Eventually.Answers(
        $"members {string.Join(", ", statuses)}", async () => (await Statuses(azurite)).SequenceEqual(statuses) ? "" : null);

    private static async Task<IReadOnlyList<string>> Statuses(Azurite azurite)
    {
        var statuses = new List<string>();
        await foreach (var row in new TableClient(azurite.ConnectionString, "OrleansSiloInstances").QueryAsync<TableEntity>(row => row.PartitionKey == "atomgrains"))
        {
            if (row.TryGetValue("SiloName", out _))
            {
                statuses.Add((string)row["Status"]);
            }
        }

        return [.. statuses.Order()];
    }

    private static IEnumerable<string> Rows(string members)
    {
        var newest = new DirectoryInfo(Path.Combine(members, "atomgrains", "membership")).EnumerateFiles("*.json").MaxBy(file => int.Parse(Path.GetFileNameWithoutExtension(file.Name)))!;
        return File.ReadAllText(newest.FullName).Split("},{");
    }
}
