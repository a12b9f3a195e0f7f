using System.Net;
using System.Security.Cryptography;
using AtomGrains.Node.Workers;
using AtomGrains.Tests.Fuzz;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>What a standing silo, a process of its own, makes of callers that know no HTTP, or know it too well.</summary>
public sealed class HealthServerFuzzTests : IDisposable
{
    private const int Seed = 20261122;
    private const long MostGrowth = 48 << 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-fuzzed-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public Task TensOfThousandsOfBadRequestsLeaveASiloAsItWas() => Survives(warmUp: 5_000, inputs: 10_000, awaitsStayers: false);

    [Fact]
    [Trait("Category", "Long")]
    public Task AMillionBadRequestsLeaveASiloAsItWas() => Survives(warmUp: 100_000, inputs: 1_000_000, awaitsStayers: true);

    private async Task Survives(int warmUp, int inputs, bool awaitsStayers)
    {
        var members = Directory.CreateDirectory(Path.Combine(_folder, "members")).FullName;
        File.WriteAllText(Path.Combine(_folder, "secret"), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
        using var silo = new StandingProcess(
            "fuzzed", new Dictionary<string, string>(), "--clustering", $"directory:{members}", "--secret-file", Path.Combine(_folder, "secret"), "--runs", Directory.CreateDirectory(Path.Combine(_folder, "runs")).FullName);
        await silo.IsReady();
        using var fuzz = new HttpFuzz(new IPEndPoint(IPAddress.Loopback, new Uri(silo.Url!).Port), ["/healthz", "/readyz", "/metrics"], Seed);
        fuzz.Say(warmUp);
        var before = ProcessFootprint.Of(silo.Pid);
        fuzz.Say(inputs);
        var after = ProcessFootprint.Of(silo.Pid);
        var seen = $"{before}; {after}; {fuzz}";
        Console.WriteLine(seen);
        Assert.True(after.ResidentBytes - before.ResidentBytes < MostGrowth, seen);
        Assert.True(after.Descriptors - before.Descriptors < 100, seen);
        Assert.True(after.Threads - before.Threads <= 16, seen); // of the thread pool

        // Nobody who stays is served for long, and who comes then is; the silo has noticed nothing of it.
        if (awaitsStayers)
        {
            fuzz.TheServerEndsWhoStays();
        }

        Assert.Equal((200, "alive\n"), await silo.Get("/healthz"));
        Assert.Equal((200, "ready\n"), await silo.Get("/readyz"));
        Assert.All((int[])[200, 400, 404, 405, 414, 431, 505], status => Assert.True(fuzz.Statuses.GetValueOrDefault(status) > inputs / 1000, seen));
        silo.Signal(Signals.Terminate);
        Assert.Equal(0, await silo.Ends());
    }
}
