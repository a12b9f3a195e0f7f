using AtomGrains.Clustering;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Grains;
using AtomGrains.Grains.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Serialization;

namespace AtomGrains.Cluster.Tests.Clients;

/// <summary>A client that was built before some fields of the contract were there: it sends records without them.</summary>
public sealed class OlderClientTests
{
    [Fact]
    public async Task AClientWhoseRecordsLackTheNewestFieldsIsAnswered()
    {
        await using var cluster = new StandingCluster();
        cluster.StartSilos(1);
        await cluster.Joins();
        var older = new OlderRecords();
        using var client = Client(cluster, older);
        await client.StartAsync();
        var runs = client.Services.GetRequiredService<IClusterClient>().GetGrain<IRunsGrain>(IRunsGrain.Key);

        // What a field is when nobody sent it, is in the answers: lines have a name, a query is for all runs, an order needs no number.
        Assert.Equal(["layer (spec line 2): unknown setting; did you mean layers?"], (await runs.Start(new RunRequest(WireContract.Version, "own", "data: /x\nlayer: 3"))).Errors);
        Assert.Empty((await runs.Start(new RunRequest(WireContract.Version, "own", StandingCluster.SpecOf(Spec.Short, workers: 1)))).Errors);
        Assert.Equal("own", Assert.Single((await runs.List(new RunQuery(WireContract.Version))).Runs).Name);
        Assert.Empty((await runs.Order(new RunOrder(WireContract.Version, "own", RunOrderKind.Pause))).Errors);
        Assert.Empty((await runs.Order(new RunOrder(WireContract.Version, "own", RunOrderKind.Resume))).Errors);
        await cluster.EndsAsTheCalmRun("own", Spec.Short);
        await client.StopAsync();
        Assert.Equal(5, older.Sent);
    }

    private static IHost Client(StandingCluster cluster, OlderRecords older)
    {
        var connection = ClusterConnection.Read(ClusterConnection.DefaultCluster, cluster.Clustering, account: null, connectionString: null, errors: [])!;
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(connection.Configure);
        builder.Services.PostConfigure<MessagePackCodecOptions>(options => options.SerializerOptions = options.SerializerOptions.WithResolver(older.Resolver));
        return builder.Build();
    }
}
