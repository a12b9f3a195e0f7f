using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Node.Workers;
using AtomGrains.Tests.Support.Tls;

namespace AtomGrains.Cluster.Tests.Clients;

/// <summary>A client does its work however a cluster's members meet and know each other.</summary>
public sealed class ConnectionTests
{
    private const int Interrupt = 2;

    [Fact]
    public async Task AClientWithACertificateOfTheClusterDoesItsWorkAndOneWithoutOrWithAForeignOneIsToldSo()
    {
        using var authority = new Authority();
        await using var cluster = new StandingCluster(authority: authority);
        await StartsWatchesListsAndStops(cluster);
        using var stranger = SampleProgram.Start(StandingCluster.ClientProgram, "list", "--clustering", cluster.Clustering, "--connect-timeout", "2");
        var refused = await SampleProgram.Finish(stranger);
        Assert.Equal(2, refused.ExitCode);
        Assert.Matches(
            "^error: cluster atomgrains cannot be asked: --tls-certificate: must be given: the silo at 127.0.0.1:[0-9]+ lets in nobody without a certificate of its cluster's authority$", refused.Errors.Trim());

        using var other = new Authority();
        var (foreign, _) = other.Issue("foreign");

        // It takes theirs, and they do not take its own.
        var both = foreign with { Authority = Path.Combine(cluster.Folder, "both.pem") };
        File.WriteAllText(both.Authority, File.ReadAllText(foreign.Authority) + "\n" + File.ReadAllText(authority.Issue("own").Files.Authority));

        // Each is patient until it looks for the reason: at once.
        var (ofForeign, ofBoth) = (Told(foreign), Told(both));
        Assert.Matches($"^error: cluster atomgrains cannot be asked: --tls-ca {foreign.Authority}: is not the authority of the certificate that the silo at 127.0.0.1:[0-9]+ shows, or that one is not valid now$", await ofForeign);
        Assert.Matches(
            $"^error: cluster atomgrains cannot be asked: --tls-certificate {both.Certificate}: is refused by the silo at 127.0.0.1:[0-9]+: it is of an authority that is not its cluster's, or not valid now$", await ofBoth);

        async Task<string> Told(TlsFiles files)
        {
            using var client = SampleProgram.Start(
                StandingCluster.ClientProgram, "list", "--connect-timeout", "2", "--clustering", cluster.Clustering, "--tls-certificate", files.Certificate, "--tls-key", files.Key, "--tls-ca", files.Authority);
            var ended = await SampleProgram.Finish(client);
            Assert.Equal(2, ended.ExitCode);
            return ended.Errors.Trim();
        }
    }

    [Fact]
    public async Task AClientFindsItsClusterByASilosOwnFileAndNamesARunAsItsSpecIsNamed()
    {
        await using var cluster = new StandingCluster();
        cluster.StartSilos(1);
        await cluster.Joins();
        var file = Path.Combine(cluster.Folder, "silo.yaml");
        var silo = $"clustering: {cluster.Clustering}\nruns: {cluster.Runs}\nsecret-file: {cluster.SecretFile}\nhttp-port: 0\ntls: off\ntls-certificate: /nobodys\n";
        await File.WriteAllTextAsync(file, silo);
        var spec = Path.Combine(cluster.Folder, "named-by-its-file.yaml");
        await File.WriteAllTextAsync(spec, StandingCluster.SpecOf(Spec.Short, workers: 2));
        Assert.Equal((0, "run named-by-its-file is made; it begins as soon as devices are free", ""), await By(file, "start", "--spec", spec));
        var (exitCode, listed, _) = await By(file, "list");
        Assert.Equal((0, "named-by-its-file"), (exitCode, listed.Split(' ')[0]));

        // The command line is stronger, and what no silo knows is said.
        Assert.Equal((2, "", "error: no silo of cluster others answers within 2 s"), await By(file, "list", "--cluster", "others", "--connect-timeout", "2"));
        await File.WriteAllTextAsync(file, silo + "tlss: on\nhttp-port-range: 1\n");
        var (refused, _, errors) = await By(file, "list");
        Assert.Equal(2, refused);
        Assert.Equal(["error: tlss (silo.yaml line 7): unknown setting; ", "error: http-port-range (silo.yaml line 8): unknown setting; "], errors.Split('\n').Select(line => line.Split("a silo has")[0]));
        await File.WriteAllTextAsync(file, silo.Replace("tls: off", "tls: perhaps", StringComparison.Ordinal));
        Assert.Contains("error: --tls perhaps (silo.yaml line 5): must be on or off", (await By(file, "list")).Errors, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, silo.Replace("tls: off", "tls: on", StringComparison.Ordinal));
        Assert.Contains("error: --tls-certificate /nobodys", (await By(file, "list")).Errors, StringComparison.Ordinal);
        var missing = Assert.Single((await By("/nowhere/silo.yaml", "list", "--clustering", cluster.Clustering)).Errors.Split('\n'));
        Assert.StartsWith("error: --config /nowhere/silo.yaml: must be a silo's file of settings that can be read: ", missing, StringComparison.Ordinal);

        static async Task<(int ExitCode, string Output, string Errors)> By(string file, params string[] arguments)
        {
            using var client = SampleProgram.Start(StandingCluster.ClientProgram, [.. arguments, "--config", file]);
            var ended = await SampleProgram.Finish(client);
            return (ended.ExitCode, ended.Output.Trim(), ended.Errors.Trim());
        }
    }

    [Fact]
    [Trait("Needs", "Azurite")]
    [Trait("Category", "Long")]
    public async Task AClientFindsTheClusterInATable()
    {
        await using var cluster = new StandingCluster(inTable: true);
        await StartsWatchesListsAndStops(cluster);
    }

    [Fact]
    [Trait("Needs", "Azurite")]
    public async Task ATableThatLetsNobodyInIsOneLineAndExitCodeTwoForSilosAndClients()
    {
        await using var cluster = new StandingCluster(inTable: true, tableKey: Convert.ToBase64String(new byte[64]));
        var silo = cluster.StartSilo();
        Assert.Equal(2, await silo.Ends());
        Assert.Contains("error: silo: cluster atomgrains cannot be joined: the storage account refuses: 403 ", silo.Said, StringComparison.Ordinal);
        var client = await cluster.Client("list");
        Assert.Equal(2, client.ExitCode);
        Assert.StartsWith("error: cluster atomgrains cannot be asked: the storage account refuses: 403 ", Assert.Single(client.Errors.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "Azurite")]
    public async Task AClientSaysWhyItsTableDoesNotAnswer()
    {
        await using var cluster = new StandingCluster(inTable: true);
        cluster.Table!.Down();
        var client = await cluster.Client("list", "--connect-timeout", "2");
        Assert.Equal(2, client.ExitCode);
        Assert.Matches("^error: no silo of cluster atomgrains answers within 2 s: .*[Rr]efused", Assert.Single(client.Errors.Trim().Split('\n')));
    }

    [Fact]
    public async Task AClientCanBeLeftWhileItLooksForItsCluster()
    {
        await using var cluster = new StandingCluster();
        using var client = cluster.Running("list");
        await Eventually.Holds("a client that looks for its cluster", () => Directory.Exists(Path.Combine(cluster.Clustering["directory:".Length..], "atomgrains")));
        Assert.True(Signals.Send(client.Id, Interrupt));
        var ended = await SampleProgram.Finish(client);
        Assert.Equal((130, "", ""), (ended.ExitCode, ended.Output, ended.Errors));
    }

    private static async Task StartsWatchesListsAndStops(StandingCluster cluster)
    {
        cluster.StartSilos(2);
        await cluster.Starts("first", Spec.Short, workers: 2);
        Assert.Contains("run first: finished, step 12 of 12", await cluster.Does("watch", "first"), StringComparison.Ordinal);
        await cluster.EndsAsTheCalmRun("first", Spec.Short);

        await cluster.Starts("second", Spec.Long with { Steps = 10_000 }, workers: 2);
        await cluster.Reaches("second", 5);
        using var watching = cluster.Watching("second");
        await Eventually.Holds("a line of the watch", () => watching.StandardOutput.ReadLine() is { Length: > 0 });
        Assert.Equal(["first finished", "second running"], await States(cluster));
        await cluster.Does("stop", "second");
        var watched = await SampleProgram.Finish(watching);
        Assert.Equal(1, watched.ExitCode);
        Assert.Matches("run second: stopped at step [0-9]+ of 10000: it was asked to stop; the newest checkpoint is of step [0-9]+", watched.Output);
        Assert.Equal(["first finished", "second stopped"], await States(cluster));
    }

    private static async Task<IEnumerable<string>> States(StandingCluster cluster) =>
        (await cluster.Does("list")).Trim().Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(2)));
}
