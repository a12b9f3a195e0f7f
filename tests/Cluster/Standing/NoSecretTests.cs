using System.Text;
using AtomGrains.Chaos.Machine;
using AtomGrains.Cluster.Tests.Clients;
using AtomGrains.Cluster.Tests.Support;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;
using AtomGrains.Silo.Standing;
using AtomGrains.Tests.Support.Tls;
using Azure.Storage.Blobs;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>
/// After a run with a fault in it: what the cluster shares, what the run's nodes share, and what silos and clients have of their
/// own stand in their own files and nowhere else that anybody reads.
/// </summary>
public sealed class NoSecretTests : IDisposable
{
    private const string Run = "run";
    private const int Silos = 2;

    private readonly Authority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public Task NothingThatSilosOrClientsSayOrWriteHoldsASecret() => LongEnough.Run(Spec.Long, spec => IsKept(spec, inTable: false));

    [Fact]
    [Trait("Needs", "Azurite")]
    [Trait("Category", "Long")]
    public Task NorTheKeyOfTheAccountWhereTheyMeet() => LongEnough.Run(Spec.Long, spec => IsKept(spec, inTable: true));

    [Fact]
    [Trait("Needs", "Azurite")]
    [Trait("Category", "Long")]
    public Task NorTheKeyOfTheAccountWhereCheckpointsGo() => LongEnough.Run(Spec.Long, spec => IsKept(spec, inTable: false, inBlob: true));

    private async Task IsKept(Spec spec, bool inTable, bool inBlob = false)
    {
        await using var cluster = new StandingCluster(inTable, _authority);

        // Below the cluster's folder, so that what is stored is looked at as well.
        using var blobs = inBlob ? new Azurite(Path.Combine(cluster.Folder, "blobs")) : null;
        if (blobs is not null)
        {
            await new BlobServiceClient(blobs.ConnectionString).GetBlobContainerClient("mine").CreateAsync();
            cluster.OfSilos["AZURE_STORAGE_CONNECTION_STRING"] = blobs.ConnectionString;
            cluster.OfSilos["ATOMGRAINS_STORE"] = "az://mine/checkpoints";
        }

        cluster.StartSilos(Silos);
        var said = new List<(string Where, byte[] What)>();
        await cluster.Starts(Run, spec, workers: Silos, "checkpoint-every: 20");
        await cluster.While(Run, "a worker that is killed", async () =>
        {
            await cluster.HasWorkers(Run, Silos);
            await cluster.Reaches(Run, 10);
            foreach (var process in cluster.Silos.Select(silo => silo.Pid).Concat(cluster.Workers(Run).Values.Select(worker => worker.Pid)))
            {
                said.Add(($"command line of {process}", File.ReadAllBytes($"/proc/{process}/cmdline")));
                Assert.True(blobs is null || new Secret("", KeyOf(blobs)).IsIn(File.ReadAllBytes($"/proc/{process}/environ")), "a process that has no key can say none");
            }

            Assert.True(Signals.Send(cluster.Workers(Run)[1].Pid, Signals.Kill));
        });
        await Heard("watch", Run);
        var finished = await cluster.EndsAsTheCalmRun(Run, spec);
        finished.LastedUntil("a fault", finished.Faults.Count > 0);
        await Heard("list");
        await Heard("export", Run, "--out", Path.Combine(cluster.Folder, "model.safetensors"));
        await Heard("stop", "unknown");
        foreach (var silo in cluster.Silos)
        {
            foreach (var page in (string[])["/metrics", "/readyz", "/healthz"])
            {
                said.Add(($"{page} of {silo.Name}", Encoding.UTF8.GetBytes((await silo.Get(page))!.Value.Text)));
            }

            silo.Signal(Signals.Terminate);
            Assert.Equal(0, await silo.Ends());
            said.Add(($"output of {silo.Name}", Encoding.UTF8.GetBytes(silo.Said)));
        }

        // Azurite's files, where it has them, are the rows of the members.
        var files = Directory.EnumerateFiles(cluster.Folder, "*", SearchOption.AllDirectories).Where(file => file != cluster.SecretFile).ToList();
        Assert.All((string[])["run.json", "faults.jsonl", "metrics.jsonl", ".log", inBlob ? "blobs" : "checkpoints", "views"], part => Assert.Contains(files, file => file.Contains(part, StringComparison.Ordinal)));
        said.AddRange(files.Select(file => (file, File.ReadAllBytes(file))));

        Assert.Equal(inBlob, blobs is not null && new BlobServiceClient(blobs.ConnectionString).GetBlobContainerClient("mine").GetBlobs().Any());
        var secrets = SecretsOf(cluster, blobs);
        Assert.True(secrets[0].IsIn(File.ReadAllBytes(cluster.SecretFile)));
        Assert.Equal(Silos + 1, cluster.KeyFiles.Count);
        Assert.Empty(from one in said from secret in secrets where secret.IsIn(one.What) select $"{one.Where} holds {secret.Name}");

        async Task Heard(params string[] arguments)
        {
            var ended = await cluster.Client(arguments);
            said.Add(($"output of {arguments[0]}", Encoding.UTF8.GetBytes(ended.Output + ended.Errors)));
        }
    }

    private static byte[] KeyOf(Azurite azurite) => Convert.FromBase64String(azurite.ConnectionString.Split("AccountKey=")[1].Split(';')[0]);

    private static List<Secret> SecretsOf(StandingCluster cluster, Azurite? blobs) =>
    [
        new("the cluster's secret", Convert.FromHexString(cluster.Secret)),
        new("the run's secret", Convert.FromHexString(ClusterSecret.Parse(cluster.Secret)!.OfRun(Run).ToHex())),
        .. cluster.KeyFiles.Select(Secret.OfKey),
        .. ((Azurite?[])[cluster.Table, blobs]).OfType<Azurite>().Select(azurite => new Secret("the account's key", KeyOf(azurite))),
    ];
}
