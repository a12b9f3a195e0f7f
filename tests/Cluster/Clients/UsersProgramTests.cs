using AtomGrains.Clustering;
using AtomGrains.Core.Options;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Grains;
using AtomGrains.Grains.Wire;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Tests.Support.Tls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AtomGrains.Cluster.Tests.Clients;

/// <summary>A run is started from a program of a user's own, as README says it.</summary>
public sealed class UsersProgramTests
{
    [Fact]
    public void ReadmeShowsTheProgramThatIsTested()
    {
        var root = AppContext.BaseDirectory.Split("/tests/Cluster/")[0];
        var source = File.ReadAllLines(Path.Combine(root, "tests/Cluster/Clients/UsersProgram.cs"));
        var program = source.SkipWhile(line => !line.Contains("StartAsync", StringComparison.Ordinal)).SkipLast(1).Select(line => line.Length > 4 ? line[4..] : line).ToList();
        Assert.True(program.Count < 15, $"{program.Count} lines");
        var readme = File.ReadAllText(Path.Combine(root, "README.md"));
        Assert.Contains("connectionString: null, errors, tls)` returns, with\n`tls` from `TlsFiles.Read(certificate, key, authority, errors)`", readme, StringComparison.Ordinal);
        Assert.Contains($"```csharp\n{string.Join('\n', program)}\n```", readme, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AProgramStartsARunAndOneOfANewerVersionIsToldToWait()
    {
        // Silos encrypt but for those on loopback, and so do those of this test.
        using var authority = new Authority();
        await using var cluster = new StandingCluster(authority: authority);
        cluster.StartSilos(1);
        await cluster.Joins();
        var own = authority.Issue("own").Files;
        List<SettingError> errors = [];
        var tls = TlsFiles.Read(own.Certificate, own.Key, own.Authority, errors);
        var connection = ClusterConnection.Read(ClusterConnection.DefaultCluster, cluster.Clustering, account: null, connectionString: null, errors, tls)!;
        Assert.Empty(await UsersProgram.StartAsync(connection, "own", StandingCluster.SpecOf(Spec.Short, workers: 1)));
        await cluster.EndsAsTheCalmRun("own", Spec.Short);

        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleansClient(connection.Configure);
        using var client = builder.Build();
        await client.StartAsync();
        var runs = client.Services.GetRequiredService<IClusterClient>().GetGrain<IRunsGrain>(IRunsGrain.Key);
        const int Newer = WireContract.Version + 1;
        const string Refused = "the client speaks version 2 of the wire contract, this cluster 1: the cluster has to be updated first";
        Assert.Equal([Refused], (await runs.Start(new RunRequest(Newer, "new", ""))).Errors);
        Assert.Equal([Refused], (await runs.Order(new RunOrder(Newer, "own", RunOrderKind.Stop))).Errors);
        Assert.Equal(Refused, (await runs.List(new RunQuery(Newer))).Refused);
        Assert.Equal("finished", Assert.Single((await runs.List(new RunQuery(WireContract.Version))).Runs).State);
        await client.StopAsync();
    }
}
