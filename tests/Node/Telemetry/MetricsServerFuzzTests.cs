using System.Net;
using System.Net.Http;
using AtomGrains.Node.Telemetry;
using AtomGrains.Node.Tests.Transport;
using AtomGrains.Tests.Fuzz;

namespace AtomGrains.Node.Tests.Telemetry;

/// <summary>What the page's server makes of callers that know no HTTP, or know it too well.</summary>
[Collection(nameof(WholeProcess))]
public sealed class MetricsServerFuzzTests
{
    private const int Seed = 20261122;

    // What a run's page has, about.
    private static readonly string Page = string.Concat(Enumerable.Repeat("atomgrains_loss 1\n", 500));

    [Fact]
    public Task TensOfThousandsOfBadRequestsLeaveTheServerAsItWas() => Survives(warmUp: 2_000, inputs: 10_000);

    [Fact]
    [Trait("Category", "Long")]
    public Task AMillionBadRequestsLeaveTheServerAsItWas() => Survives(warmUp: 50_000, inputs: 1_000_000);

    private static async Task Survives(int warmUp, int inputs)
    {
        using var server = new MetricsServer(port: 0, () => Page);
        using var fuzz = new HttpFuzz(new IPEndPoint(IPAddress.Loopback, server.Port), [MetricsServer.Path], Seed);
        fuzz.Say(warmUp);
        var (managed, before) = (GC.GetTotalMemory(forceFullCollection: true), ProcessFootprint.Of(Environment.ProcessId));
        fuzz.Say(inputs);
        var (managedLater, after) = (GC.GetTotalMemory(forceFullCollection: true), ProcessFootprint.Of(Environment.ProcessId));
        var seen = $"{before}, {managed} bytes managed; {after}, {managedLater} bytes managed; {fuzz}";
        Console.WriteLine(seen);
        Assert.True(managedLater - managed < 1 << 20, seen);
        Assert.True(after.ResidentBytes - before.ResidentBytes < 32 << 20, seen);
        Assert.True(after.Descriptors - before.Descriptors < 100, seen);

        // The thread pool's, whose number is its own affair, are among them.
        Assert.True(after.Threads - before.Threads <= 16, seen);

        // Nobody who stays is served for long, and who comes then is.
        fuzz.TheServerEndsWhoStays();
        using var client = new HttpClient();
        Assert.Equal(Page, await client.GetStringAsync(server.Url));
        Assert.All((int[])[200, 400, 404, 405], status => Assert.True(fuzz.Statuses.GetValueOrDefault(status) > inputs / 100, seen));
    }
}
