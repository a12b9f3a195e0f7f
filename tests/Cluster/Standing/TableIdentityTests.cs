using System.Security.Cryptography;
using AtomGrains.Chaos.Machine;
using AtomGrains.Cluster.Tests.Clients;
using AtomGrains.EndToEnd.Tests.Stores;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>Silos and clients that enter the table in which they meet with the machine's identity, over TLS, where it is not the public cloud's.</summary>
[Trait("Needs", "Azurite")]
public sealed class TableIdentityTests : IDisposable
{
    private const string ForStorage = "https://storage.azure.com";

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-identity-").FullName;
    private readonly Azurite _azurite;

    public TableIdentityTests()
    {
        var (certificate, key) = (Path.Combine(_folder, "certificate.pem"), Path.Combine(_folder, "key.pem"));
        LoopbackCertificate.Write(certificate, key);
        File.WriteAllText(Path.Combine(_folder, "secret"), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
        Directory.CreateDirectory(Path.Combine(_folder, "runs"));
        _azurite = Azurite.OfTables(Path.Combine(_folder, "azurite"), "--cert", certificate, "--key", key, "--oauth", "basic");
    }

    public void Dispose()
    {
        _azurite.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task SilosMeetAndAClientFindsThemByTheMachinesIdentity()
    {
        using var identity = new ManagedIdentity(ForStorage);
        using var first = new StandingProcess("first", Machine(identity));
        using var second = new StandingProcess("second", Machine(identity));
        await first.IsReady();
        await second.IsReady();
        var given = identity.Given;
        Assert.True(given >= 2, $"{given} tokens were asked for");
        using (var client = SampleProgram.Start(StandingCluster.ClientProgram, Machine(identity), "list"))
        {
            var ended = await SampleProgram.Finish(client);
            Assert.True(ended.ExitCode == 0, ended.ToString());
        }

        Assert.True(identity.Given > given, "the client asked for no token");
        second.Signal(Signals.Terminate);
        Assert.Equal(0, await second.Ends());
        Assert.All((StandingProcess[])[first, second], silo => Assert.DoesNotContain("eyJ", silo.Said, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AnIdentityThatMayNotEnterIsOneLineAndExitCodeTwo()
    {
        using var identity = new ManagedIdentity("https://elsewhere.example");
        using var silo = new StandingProcess("first", Machine(identity));
        Assert.Equal(2, await silo.Ends());
        Assert.StartsWith(
            "error: silo: cluster atomgrains cannot be joined: the storage account refuses: ", Assert.Single(silo.Said.Split('\n'), line => line.Contains("error: ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", silo.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/a", "devstoreaccount1")]
    [InlineData("elsewhere", "devstoreaccount1")]
    [InlineData("https://127.0.0.1:1/a", null)]
    public void AnAddressThatTokensMayNotGoToIsALine(string endpoint, string? account)
    {
        var errors = new List<Core.Options.SettingError>();
        Assert.Null(Clustering.ClusterConnection.Read("atomgrains", "azure-table", account, connectionString: null, errors, tableEndpoint: endpoint));
        Assert.Equal($"--azure-table-endpoint {endpoint}: must be an https address, with --azure-account", Assert.Single(errors).ToString());
    }

    private Dictionary<string, string> Machine(ManagedIdentity identity)
    {
        var environment = identity.Environment.ToDictionary(pair => pair.Split('=')[0], pair => pair.Split('=', 2)[1]);
        environment["ATOMGRAINS_CLUSTERING"] = "azure-table";
        environment["ATOMGRAINS_AZURE_ACCOUNT"] = "devstoreaccount1";
        environment["ATOMGRAINS_AZURE_TABLE_ENDPOINT"] = $"https://{_azurite.Endpoint}";
        environment["ATOMGRAINS_RUNS"] = Path.Combine(_folder, "runs");
        environment["ATOMGRAINS_SECRET_FILE"] = Path.Combine(_folder, "secret");
        environment["SSL_CERT_FILE"] = Path.Combine(_folder, "certificate.pem");
        return environment;
    }
}
