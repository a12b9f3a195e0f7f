using System.Net;
using System.Net.Sockets;
using AtomGrains.Clustering;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;
using AtomGrains.Grains.Wire;
using AtomGrains.Node.Transport;
using AtomGrains.Silo.Runs;
using AtomGrains.Silo;
using AtomGrains.Silo.Standing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>What a standing silo is told is checked whole before anything is begun: a line for each mistake.</summary>
public sealed class SiloSettingsTests : IDisposable
{
    private const string Secret = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private const string AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-settings-").FullName;
    private readonly string _secretFile;

    public SiloSettingsTests()
    {
        _secretFile = Path.Combine(_folder, "secret");
        File.WriteAllText(_secretFile, Secret + "\n");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void TheCommandLineIsStrongerThanTheEnvironmentAndThatThanTheFile()
    {
        var file = Path.Combine(_folder, "silo.yaml");
        File.WriteAllText(file, $"cluster: of-file\nhost: of-file\ngrace: 7\ntensor-ports: 11200-11299\nruns: {_folder}\nclustering: directory:{_folder}\nsecret-file: {_secretFile}\n");
        var variables = new Dictionary<string, string> { ["ATOMGRAINS_CONFIG"] = file, ["ATOMGRAINS_HOST"] = "of-environment", ["ATOMGRAINS_CLUSTER"] = "of-environment" };
        var settings = Read(variables, ("cluster", "of-line"), ("silo-port", "0"), ("gateway-port", "0"), ("http-port", "0"));
        Assert.Equal(("of-line", "of-environment", 7), (settings.Connection.ClusterId, settings.Host, settings.Grace.TotalSeconds));
        Assert.Equal(new PortRange(11200, 11299), settings.TensorPorts);
        Assert.Equal((_folder, null, IPAddress.Loopback), (settings.Runs, settings.Store, settings.Address));
        Assert.Equal(["cpu"], settings.Devices);
        Assert.True(settings.SiloPort > 0 && settings.GatewayPort > 0 && settings.SiloPort != settings.GatewayPort);
    }

    [Fact]
    public void AClientKnowsTheNamesOfAllThatASilosFileMaySay() => Assert.Equal(
        SiloKeys.All.Where(setting => setting != Settings.Config && !setting.IsSecret).Select(setting => setting.Name), SiloFileNames.All);

    [Fact]
    public void EverythingThatIsWrongIsSaidAtOnce()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var empty = Path.Combine(_folder, "empty");
        File.WriteAllText(empty, "");
        Assert.Equal(
            [
                "--cluster A_B: must be 1 to 63 lower-case letters, digits and '-', with a letter or digit at both ends",
                "--azure-account UPPER: must be the name of a storage account: 3 to 24 lower-case letters and digits",
                "--clustering directory:/nowhere: must name a folder that exists: all silos and clients of the cluster share it",
                "--devices gpu: must be cpu or cuda:N",
                "--runs /nowhere: must be a folder that exists, on a volume that all silos of the cluster share",
                $"--secret-file {empty}: must hold 64 hexadecimal digits, such as 'openssl rand -hex 32' writes",
                "--store s3://x: must be a folder, or az://CONTAINER/PREFIX",
                "--host a b: must be a name of at most 253 letters, digits, '-', '.' and '_'",
                $"--silo-port {port}: cannot be listened on (AddressAlreadyInUse); must be a free port, or 0 for any free one",
                "--gateway-port 65536: must be a whole number from 0 to 65535",
                "--http-port x: must be a whole number from 0 to 65535",
                "--tensor-ports 5: must be FIRST-LAST, from 1 to 65535, such as 11200-11299",
                "--grace 0: must be seconds, above 0 and at most 3600",
                "--probe-timeout 0.05: must be seconds, from 0.1 to 60",
                "--missed-probes 0: must be a whole number from 1 to 100",
            ],
            Errors(
                new(),
                ("cluster", "A_B"), ("azure-account", "UPPER"), ("clustering", "directory:/nowhere"), ("devices", "cpu,gpu"), ("runs", "/nowhere"), ("secret-file", empty), ("store", "s3://x"),
                ("host", "a b"), ("silo-port", $"{port}"), ("gateway-port", "65536"), ("http-port", "x"), ("tensor-ports", "5"), ("grace", "0"),
                ("probe-timeout", "0.05"), ("missed-probes", "0")));
    }

    [Fact]
    public void WhatMustBeGivenIsNamed() => Assert.Equal(
        ["--runs: must be given: DIR", "--secret-file: must be given: FILE", "--clustering: must be given: azure-table or directory:DIR"],
        Errors(new(), ("silo-port", "0"), ("gateway-port", "0"), ("http-port", "0")));

    [Fact]
    public void AConnectionStringComesFromTheEnvironmentAloneAndIsNeverSaid()
    {
        var file = Path.Combine(_folder, "silo.yaml");
        File.WriteAllText(file, $"azure-connection-string: AccountKey={AccountKey}\n");
        Assert.Equal(
            ["--azure-connection-string (silo.yaml line 1): is a secret; must come from the environment, as ATOMGRAINS_AZURE_CONNECTION_STRING"],
            Errors(new(), [.. Good, ("config", file)]));
        Assert.Equal(
            ["--azure-connection-string: is a secret; must come from the environment, as ATOMGRAINS_AZURE_CONNECTION_STRING"],
            Errors(new(), [.. Good, ("azure-connection-string", $"AccountKey={AccountKey}")]));
        Assert.Equal(
            ["ATOMGRAINS_AZURE_CONNECTION_STRING: must be a connection string of Azure Storage with a table endpoint"],
            Errors(new() { ["ATOMGRAINS_AZURE_CONNECTION_STRING"] = $"AccountName=x;AccountKey={AccountKey[..20]}%" }, [.. Good, ("clustering", "azure-table")]));
    }

    [Fact]
    public void ATableIsReachedByAnAccountOrByAConnectionStringAndNotByBoth()
    {
        var connection = new Dictionary<string, string> { ["ATOMGRAINS_AZURE_CONNECTION_STRING"] = $"AccountName=x;AccountKey={AccountKey};TableEndpoint=http://127.0.0.1:1/x;" };
        var line = "--clustering azure-table: needs one of --azure-account and, in the environment, ATOMGRAINS_AZURE_CONNECTION_STRING";
        Assert.Equal([line], Errors(new(), [.. Good, ("clustering", "azure-table")]));
        Assert.Equal([line], Errors(connection, [.. Good, ("clustering", "azure-table"), ("azure-account", "account1")]));
        Assert.Equal("atomgrains", Read(connection, [.. Good, ("clustering", "azure-table")]).Connection.ClusterId);
        Assert.Equal("atomgrains", Read(new(), [.. Good, ("clustering", "azure-table"), ("azure-account", "account1")]).Connection.ClusterId);
    }

    [Fact]
    public void PortsOfOneSiloDiffer()
    {
        var port = FreePort.On(IPAddress.Loopback);
        Assert.Equal([$"--gateway-port {port}: must differ from --silo-port"], Errors(new(), [.. Good, ("silo-port", $"{port}"), ("gateway-port", $"{port}")]));
        Assert.Equal([$"--tensor-ports {port}-{port}: must leave out --http-port {port}"], Errors(new(), [.. Good, ("http-port", $"{port}"), ("tensor-ports", $"{port}-{port}")]));
        Assert.Equal(["--tensor-ports 7-8: has 2 ports; must have at least 3, one for each device"], Errors(new(), [.. Good, ("devices", "cpu,cpu,cpu"), ("tensor-ports", "7-8")]));
    }

    [Fact]
    public void AnAddressThatIsNotThisMachinesIsSaidOnce() =>
        Assert.Equal(
            ["--tls off: must be on: address 192.0.2.1 is not loopback", "--address 192.0.2.1: must be an address of this machine"],
            Errors(new(), [.. Good, ("address", "192.0.2.1"), ("tls", "off")]));

    [Fact]
    public void OnlyOnLoopbackDoSilosDoWithoutCertificates()
    {
        Assert.Null(Read(new(), Good).Tls);
        Assert.Null(Read(new(), [.. Good, ("tls", "off")]).Tls);
        Assert.Equal(["--tls off: must be on: address 0.0.0.0 is not loopback"], Errors(new(), [.. Good, ("address", "0.0.0.0"), ("tls", "off")]));
        Assert.Equal(["--tls maybe: must be on or off"], Errors(new(), [.. Good, ("tls", "maybe")]));
        Assert.Equal(
            ["--tls-certificate: must be given: FILE.pem", "--tls-key: must be given: FILE.pem", "--tls-ca: must be given: FILE.pem"],
            Errors(new(), [.. Good, ("address", "0.0.0.0")]));
    }

    [Fact]
    public void HowSoonASiloGivesOthersUpIsWhatItWasTold()
    {
        Assert.Equal(new MembershipOptions(), Read(new(), Good).Membership);
        using var silo = SiloHost.Build(Read(new(), [.. Good, ("probe-timeout", "2.5"), ("missed-probes", "7")]), new JobRegistry());
        var told = silo.Services.GetRequiredService<IOptions<ClusterMembershipOptions>>().Value;
        Assert.Equal((2.5, 2.5, 5.0, 7), (told.ProbeTimeout.TotalSeconds, told.MinProbeTimeout.TotalSeconds, told.MaxProbeTimeout.TotalSeconds, told.NumMissedProbesLimit));
    }

    [Fact]
    public void ANameIsOfItsContainerAndNotOfItsMachineAlone()
    {
        Assert.StartsWith($"rack-7-{Environment.MachineName}-", Read(new(), [.. Good, ("host", "rack-7")]).Name, StringComparison.Ordinal);
        Assert.Equal($"{Environment.MachineName}-{Environment.ProcessId}", Read(new(), Good).Name);
    }

    [Fact]
    public void ARunsSecretFollowsFromTheClustersAndItsId()
    {
        var secret = ClusterSecret.Parse(Secret)!;
        Assert.Equal(secret.OfRun("a").ToHex(), ClusterSecret.Parse($" {Secret.ToUpperInvariant()}\n")!.OfRun("a").ToHex());
        Assert.Equal(3, new[] { Secret, secret.OfRun("a").ToHex(), secret.OfRun("b").ToHex() }.Distinct().Count());
        Assert.DoesNotContain(Secret, $"{secret}{Read(new(), Good)}", StringComparison.OrdinalIgnoreCase);
        Assert.Null(ClusterSecret.Parse(Secret[1..]));
        Assert.Null(ClusterSecret.Parse("x" + Secret[1..]));
    }

    [Fact]
    public void ACheckOfTheSecretOpensNoRun()
    {
        var secret = ClusterSecret.Parse(Secret)!;
        Assert.Equal(3, new[] { Secret, secret.Check, secret.OfRun("atomgrains cluster check v1").ToHex() }.Distinct().Count());
        Assert.NotEqual(secret.Check, ClusterSecret.Parse(Secret[2..] + "00")!.Check);
    }

    [Fact]
    public void AStoreThatIsAFolderIsThereBeforeItsSilos() => Assert.Equal(
        ["--store /nowhere: must be a folder that exists, on a volume that all silos of the cluster share"], Errors(new(), [.. Good, ("store", "/nowhere")]));

    [Fact]
    public void ARunDoesNotSayHowLongSilosHaveToHandOver()
    {
        var refused = Assert.Throws<InvalidSettingsException>(() => RunSpecReader.Needs(new RunRequest(WireContract.Version, "run", "data: /x\ngrace: 60")));
        Assert.Equal("--grace 60 (spec line 2): is not a setting of a run on standing silos", Assert.Single(refused.Errors).ToString());
    }

    private (string Name, string Value)[] Good =>
    [
        ("clustering", $"directory:{_folder}"), ("runs", _folder), ("secret-file", _secretFile), ("silo-port", "0"), ("gateway-port", "0"), ("http-port", "0"),
    ];

    private static IEnumerable<string> Errors(Dictionary<string, string> variables, params (string Name, string Value)[] given) =>
        Assert.Throws<InvalidSettingsException>(() => Read(variables, given)).Errors.Select(error => error.ToString());

    // Of two values for one setting, the last counts.
    private static SiloSettings Read(Dictionary<string, string> variables, params (string Name, string Value)[] given)
    {
        var line = given.GroupBy(entry => entry.Name).ToDictionary(group => SiloKeys.All.Single(key => key.Name == group.Key), group => new GivenValue([group.Last().Value]));
        return SiloSettingsReader.Read(new SettingValues(line, variables.GetValueOrDefault, settings: SiloKeys.All));
    }
}
