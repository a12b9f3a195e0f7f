using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;
using AtomGrains.Tests.Support.Tls;

namespace AtomGrains.Cluster.Tests.Clients;

/// <summary>A client does its work however a cluster's members meet and know each other.</summary>
public sealed class ConnectionTests
{
    private const int Interrupt = 2;

    [Fact]
    public async Task AClientWithACertificateOfTheClusterDoesItsWorkAndOneWithoutIsNotAnswered()
    {
        using var authority = new Authority();
        await using var cluster = new StandingCluster(authority: authority);
        await StartsWatchesListsAndStops(cluster);
        using var stranger = SampleProgram.Start(StandingCluster.ClientProgram, "list", "--clustering", cluster.Clustering);
        var refused = await SampleProgram.Finish(stranger);
        Assert.Equal((2, "error: no silo of cluster atomgrains answers within 10 s"), (refused.ExitCode, refused.Errors.Trim()));
    }

    [Fact]
    [Trait("Needs", "Azurite")]
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
        var client = await cluster.Client("list");
        Assert.Equal(2, client.ExitCode);
        Assert.Matches("^error: no silo of cluster atomgrains answers within 10 s: .*[Rr]efused", Assert.Single(client.Errors.Trim().Split('\n')));
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
