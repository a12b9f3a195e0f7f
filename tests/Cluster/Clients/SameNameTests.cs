using AtomGrains.Clustering;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Grains;
using AtomGrains.Grains.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AtomGrains.Cluster.Tests.Clients;

/// <summary>Runs of one name that are asked for at once: one is made, and whoever wanted another is told so in a line.</summary>
public sealed class SameNameTests
{
    [Fact]
    public async Task OfTwoStartsOfOneNameAtOnceOneIsMadeAndTheOtherIsRefusedInALine()
    {
        await using var cluster = new StandingCluster();
        cluster.StartSilos(1);
        await cluster.Joins();
        var files = new List<string>();
        foreach (var workers in new[] { 2, 3 })
        {
            files.Add(Path.Combine(cluster.Folder, $"spec-{workers}.yaml"));
            await File.WriteAllTextAsync(files[^1], StandingCluster.SpecOf(Spec.Short, workers));
        }

        var ended = await Task.WhenAll(files.Select(file => cluster.Client("start", "--spec", file, "--name", "both")));
        var refused = Assert.Single(ended, client => client.ExitCode != 0);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(refused.Errors.Trim(), (string[])["error: there is a run both already, with another spec: choose another name", "error: name both: is taken by another run: choose another one"]);
        IsAlone(cluster, "both", await File.ReadAllTextAsync(files[Array.FindIndex(ended, client => client.ExitCode == 0)]));
    }

    // As two that had both found that there is no such run, before either was made.
    [Fact]
    public async Task OfTwoThatAreMadeAtOnceTheSecondFindsTheNameTakenAndLeavesNothing()
    {
        await using var cluster = new StandingCluster();
        cluster.StartSilos(1);
        await cluster.Joins();
        var connection = ClusterConnection.Read(ClusterConnection.DefaultCluster, cluster.Clustering, account: null, connectionString: null, errors: [])!;
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(connection.Configure);
        using var client = builder.Build();
        await client.StartAsync();
        var maker = client.Services.GetRequiredService<IClusterClient>().GetGrain<IRunMakerGrain>("both");
        string[] specs = [StandingCluster.SpecOf(Spec.Short, workers: 2), StandingCluster.SpecOf(Spec.Short, workers: 3)];
        var answers = await Task.WhenAll(specs.Select(spec => maker.Make(new RunRequest(WireContract.Version, "both", spec))));
        var won = Array.FindIndex(answers, answer => answer.Errors.Count == 0);
        Assert.Equal(["name both: is taken by another run: choose another one"], answers[1 - won].Errors);

        // The one that was made, asked for once more, is a success.
        Assert.Empty((await maker.Make(new RunRequest(WireContract.Version, "both", specs[won]))).Errors);
        IsAlone(cluster, "both", specs[won]);
        await client.StopAsync();
    }

    private static void IsAlone(StandingCluster cluster, string run, string spec)
    {
        Assert.Equal([run, "secret.check", "volume.id"], Directory.EnumerateFileSystemEntries(cluster.Runs).Select(Path.GetFileName).Order());
        Assert.Equal(spec, (string?)cluster.Read(run, "request.json")!["Spec"]);
    }
}
