using AtomGrains.Chaos.Machine;
using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.EndToEnd.Tests.Stores;

/// <summary>A store that is entered with the machine's identity and no secret of its own, over TLS.</summary>
[Trait("Needs", "Azurite")]
public sealed class CredentialTests : IDisposable
{
    private const int BadInput = 2;
    private const string ForStorage = "https://storage.azure.com";

    private readonly string _folder = TrainProcess.NewFolder();
    private readonly Azurite _azurite;

    public CredentialTests()
    {
        Directory.CreateDirectory(_folder);
        var (certificate, key) = (Path.Combine(_folder, "certificate.pem"), Path.Combine(_folder, "key.pem"));
        LoopbackCertificate.Write(certificate, key);
        _azurite = new Azurite(Path.Combine(_folder, "azurite"), "--cert", certificate, "--key", key, "--oauth", "basic");
    }

    [Fact]
    public Task ARunWithTheMachinesIdentityWritesCheckpointsThatAVerifierBeginsFrom() => LongEnough.Run(Spec.Medium, async spec =>
    {
        using var identity = new ManagedIdentity(ForStorage);
        var store = $"az://checkpoints/run-{spec.Steps}";
        string[] machine = [.. Machine(identity)];
        using var run = TrainProcess.Start(spec, workers: 2, options: ["--checkpoint-every", "10", "--store", store], through: machine);
        var finished = await run.Finish();
        var verified = await AtomProgram.Run(machine, "verify", "--out", run.Folder, "--store", store, "--from", $"{spec.Steps - 1}", "--to", $"{spec.Steps - 1}");

        await finished.EqualsTheCalmRun();
        Assert.True(identity.Given > 0, "nobody asked for a token");
        Assert.True(verified.ExitCode == 0, verified.ToString());
        finished.LastedUntil("a checkpoint", verified.Output.Contains("from the checkpoint of", StringComparison.Ordinal));
    });

    [Fact]
    public async Task AnIdentityThatMayNotEnterIsRefusedInOneLine()
    {
        using var identity = new ManagedIdentity("https://elsewhere.example");
        using var run = TrainProcess.Start(Spec.Short, workers: 1, options: ["--checkpoint-every", "5", "--store", "az://checkpoints/run"], through: [.. Machine(identity)]);
        var refused = await run.Finish();

        Assert.Equal(BadInput, refused.ExitCode);
        Assert.StartsWith("error: --store az://checkpoints/run: ", Assert.Single(refused.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", refused.Errors, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _azurite.Dispose();
        TrainProcess.Remove(_folder);
    }

    private IEnumerable<string> Machine(ManagedIdentity identity) =>
    [
        "env", "-u", "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_ACCOUNT=devstoreaccount1",
        $"AZURE_STORAGE_SERVICE_ENDPOINT=https://{_azurite.Endpoint}", $"SSL_CERT_FILE={Path.Combine(_folder, "certificate.pem")}", .. identity.Environment,
    ];
}
