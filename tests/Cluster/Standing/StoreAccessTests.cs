using AtomGrains.Chaos.Machine;
using AtomGrains.Cluster.Tests.Clients;
using AtomGrains.EndToEnd.Tests.Support;
using Azure.Storage.Blobs;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>Checkpoints of standing silos in a real Azurite: what opens no store is said before a silo joins, and one that is away makes it not ready.</summary>
public sealed class StoreAccessTests : IDisposable
{
    private const string ConnectionVariable = "AZURE_STORAGE_CONNECTION_STRING";

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-store-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Trait("Category", "Long")]
    [Trait("Needs", "Azurite")]
    public Task ARunsCheckpointsGoToItsContainerAndASiloThatDoesNotReachItIsNotReady() => LongEnough.Run(Spec.Medium, async spec =>
    {
        using var azurite = new Azurite(Path.Combine(_folder, $"azurite-{spec.Steps}"));
        var container = new BlobServiceClient(azurite.ConnectionString).GetBlobContainerClient("mine");
        await container.CreateAsync();
        await using var cluster = Cluster(azurite.ConnectionString);
        cluster.StartSilos(2);

        // Of a run that is over sooner than its first slices are put, nothing is there.
        await cluster.Starts("run", spec, workers: 2, "checkpoint-every: 50");
        var finished = await cluster.EndsAsTheCalmRun("run", spec);
        finished.LastedUntil("a checkpoint", container.GetBlobs().Any(blob => blob.Name.StartsWith("checkpoints/run/", StringComparison.Ordinal)));
        Assert.DoesNotContain(container.GetBlobs(), blob => !blob.Name.StartsWith("checkpoints/run/", StringComparison.Ordinal));

        var silo = cluster.Silos[0];
        await silo.IsReady();
        azurite.Down();
        await Eventually.Answers("a fault of the store", async () => await silo.Get("/readyz") is { Status: 503, Text: var text } && text.StartsWith("store: ", StringComparison.Ordinal) ? "" : null, () => silo.Said);
        Assert.Equal((200, "alive\n"), await silo.Get("/healthz"));
        azurite.Up();
        await silo.IsReady();
    });

    [Fact]
    [Trait("Needs", "Azurite")]
    public async Task AStoreThatLetsNobodyInIsOneLineAndExitCodeTwo()
    {
        using var azurite = new Azurite(Path.Combine(_folder, "azurite"));
        var key = azurite.ConnectionString.Split("AccountKey=")[1].Split(';')[0];
        var expired = azurite.ConnectionString.Replace(key, Convert.ToBase64String(new byte[64]), StringComparison.Ordinal);
        Assert.Equal("error: silo: --store az://mine/checkpoints: needs a container mine, which is not there", await Refused(azurite.ConnectionString));
        Assert.StartsWith("error: silo: --store az://mine/checkpoints: is refused: 403 AuthorizationFailure: ", await Refused(expired), StringComparison.Ordinal);
        Assert.Equal(
            "error: silo: --store az://mine/checkpoints (ATOMGRAINS_STORE): needs a connection string of Azure Storage with a blob endpoint in AZURE_STORAGE_CONNECTION_STRING", await Refused($"AccountKey={key}"));

        async Task<string> Refused(string connection)
        {
            await using var cluster = Cluster(connection);
            var silo = cluster.StartSilo();
            Assert.Equal(2, await silo.Ends());
            Assert.DoesNotContain(key, silo.Said, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(cluster.Runs));
            return Assert.Single(silo.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    private static StandingCluster Cluster(string connection) =>
        new() { OfSilos = { [ConnectionVariable] = connection, ["ATOMGRAINS_STORE"] = "az://mine/checkpoints" } };
}
