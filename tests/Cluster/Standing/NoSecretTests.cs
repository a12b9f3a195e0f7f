using System.Text;
using AtomGrains.Cluster.Tests.Clients;
using AtomGrains.Cluster.Tests.Support;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;
using AtomGrains.Silo.Standing;
using AtomGrains.Tests.Support.Tls;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>
/// After a run with a fault in it: what the cluster shares, what the run's nodes share, and what silos and clients have of their
/// own stand in their own files and nowhere else that anybody reads.
/// </summary>
public sealed class NoSecretTests : IDisposable
{
    private const string Run = "run";
    private const int Silos = 2;

    private static readonly Spec Spec = Spec.Long;

    private readonly Authority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public Task NothingThatSilosOrClientsSayOrWriteHoldsASecret() => IsKept(inTable: false);

    [Fact]
    [Trait("Needs", "Azurite")]
    [Trait("Category", "Long")]
    public Task NorTheKeyOfTheAccountWhereTheyMeet() => IsKept(inTable: true);

    private async Task IsKept(bool inTable)
    {
        await using var cluster = new StandingCluster(inTable, _authority);
        cluster.StartSilos(Silos);
        var said = new List<(string Where, byte[] What)>();
        await cluster.Starts(Run, Spec, workers: Silos, "checkpoint-every: 20");
        await cluster.HasWorkers(Run, Silos);
        await cluster.Reaches(Run, 10);
        foreach (var process in cluster.Silos.Select(silo => silo.Pid).Concat(cluster.Workers(Run).Values.Select(worker => worker.Pid)))
        {
            said.Add(($"command line of {process}", File.ReadAllBytes($"/proc/{process}/cmdline")));
        }

        Assert.True(Signals.Send(cluster.Workers(Run)[1].Pid, Signals.Kill));
        await Heard("watch", Run);
        await cluster.EndsAsTheCalmRun(Run, Spec);
        Assert.NotEmpty((await cluster.Finish(Run, Spec)).Faults);
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
        Assert.All((string[])["run.json", "faults.jsonl", "metrics.jsonl", ".log", "checkpoints", "views"], part => Assert.Contains(files, file => file.Contains(part, StringComparison.Ordinal)));
        said.AddRange(files.Select(file => (file, File.ReadAllBytes(file))));

        var secrets = SecretsOf(cluster);
        Assert.True(secrets[0].IsIn(File.ReadAllBytes(cluster.SecretFile)));
        Assert.Equal(Silos + 1, cluster.KeyFiles.Count);
        Assert.Empty(from one in said from secret in secrets where secret.IsIn(one.What) select $"{one.Where} holds {secret.Name}");

        async Task Heard(params string[] arguments)
        {
            var ended = await cluster.Client(arguments);
            said.Add(($"output of {arguments[0]}", Encoding.UTF8.GetBytes(ended.Output + ended.Errors)));
        }
    }

    private static List<Secret> SecretsOf(StandingCluster cluster) =>
    [
        new("the cluster's secret", Convert.FromHexString(cluster.Secret)),
        new("the run's secret", Convert.FromHexString(ClusterSecret.Parse(cluster.Secret)!.OfRun(Run).ToHex())),
        .. cluster.KeyFiles.Select(Secret.OfKey),
        .. cluster.Table is { } table ? (Secret[])[new("the account's key", Convert.FromBase64String(table.ConnectionString.Split("AccountKey=")[1].Split(';')[0]))] : [],
    ];
}
