using AtomGrains.Clustering;
using AtomGrains.Grains;
using AtomGrains.Grains.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AtomGrains.Cluster.Tests.Clients;

/// <summary>README's program that starts a run, line by line.</summary>
internal static class UsersProgram
{
    public static async Task<IReadOnlyList<string>> StartAsync(ClusterConnection cluster, string name, string spec)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleansClient(cluster.Configure);
        using var client = builder.Build();
        await client.StartAsync();
        var runs = client.Services.GetRequiredService<IClusterClient>().GetGrain<IRunsGrain>(IRunsGrain.Key);
        var answer = await runs.Start(new RunRequest(WireContract.Version, name, spec));
        await client.StopAsync();
        return answer.Errors;
    }
}
