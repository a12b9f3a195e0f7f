using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using AtomGrains.Core.Options;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Node.Workers;
using AtomGrains.Tests.Support.Tls;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>Silos and clients prove by certificates that they belong to the cluster, and take renewed ones without a restart.</summary>
public sealed class TlsTests : IDisposable
{
    private static readonly byte?[] NothingOrAnAlert = [null, 21];

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-tls-").FullName;
    private readonly Authority _authority;
    private readonly Authority _other;

    public TlsTests()
    {
        _authority = new Authority(Path.Combine(_folder, "authority"));
        _other = new Authority(Path.Combine(_folder, "other"));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task SilosMeetByTheirCertificatesTakeRenewedOnesAndRefuseStrangers()
    {
        using var first = Silo("first", _authority.Issue("first").Files);
        using var second = Silo("second", _authority.Issue("second").Files);
        await first.IsReady();
        await second.IsReady();
        var (client, _) = _authority.Issue("client");
        Assert.Equal(2, await StandingSiloTests.SilosSeenByAClient($"directory:{_folder}", connectionString: null, client));

        Assert.Equal(0, Refusals(first));

        // Somebody on the network, without a certificate of the cluster.
        var refused = 0;
        foreach (var port in new[] { PortOf(first, "silo port "), PortOf(first, "gateway port ") })
        {
            foreach (var files in new[] { _other.Issue("client").Files with { Authority = client.Authority }, _authority.Issue("expired", hours: -0.5).Files, null })
            {
                await SerialSeenBy(port, files);
                await IsRefused();
            }

            Assert.Contains(await AnswerInTheClear(port), NothingOrAnAlert);
            await IsRefused();
        }

        async Task IsTold(TlsFiles files, string why)
        {
            var before = Refusals(first);
            using var stranger = Silo("stranger", files);
            Assert.Equal(2, await stranger.Ends());
            Assert.Single(stranger.Said.Split('\n'), line => line.StartsWith($"error: silo: {why}", StringComparison.Ordinal));
            await Eventually.Holds("the stranger's refusal", () => Refusals(first) > before, () => first.Said);
        }

        Task IsRefused()
        {
            refused++;
            return Eventually.Holds($"refusal {refused}", () => Refusals(first) == refused, () => first.Said);
        }

        // A silo that may use the membership, but has another authority's certificate: no harm, and it is told so.
        var foreign = _other.Issue("stranger").Files;
        var both = foreign with { Authority = Path.Combine(_folder, "both.pem") };
        File.WriteAllText(both.Authority, File.ReadAllText(foreign.Authority) + "\n" + File.ReadAllText(client.Authority));
        await IsTold(foreign, $"--tls-ca {foreign.Authority}: is not the authority of the certificate that the silo at 127.0.0.1:");
        await IsTold(both, $"--tls-certificate {both.Certificate}: is refused by the silo at 127.0.0.1:");
        Assert.Equal(2, await StandingSiloTests.SilosSeenByAClient($"directory:{_folder}", connectionString: null, client));
        await first.IsReady();
        await second.IsReady();

        // Renewed by parts, as files are; those who join now see the new one.
        var (_, serial) = _authority.Issue("first");
        await Eventually.Answers("the renewed certificate", async () => await SerialSeenBy(PortOf(first, "silo port "), client) == serial ? "" : null);
        using var third = Silo("third", _authority.Issue("third").Files);
        await third.IsReady();
        first.Signal(Signals.Terminate);
        Assert.Equal(0, await first.Ends());
    }

    [Fact]
    public void FilesThatDoNotFitTogetherYetChangeNothing()
    {
        var (files, serial) = _authority.Issue("own");
        var certificates = new TlsCertificates(files);
        var key = File.ReadAllText(files.Key);
        var (_, renewed) = _authority.Issue("own");
        var newKey = File.ReadAllText(files.Key);
        File.WriteAllText(files.Key, key);
        Assert.Equal(serial, Shown());
        File.WriteAllText(files.Key, "");
        Assert.Equal(serial, Shown());
        File.Delete(files.Key);
        Assert.Equal(serial, Shown());
        File.WriteAllText(files.Key, newKey);
        Assert.Equal(renewed, Shown());

        string Shown() => certificates.Server().ServerCertificateContext!.TargetCertificate.SerialNumber;
    }

    [Fact]
    public void FilesThatCannotBeUsedAreNamedAtTheStart()
    {
        var (good, _) = _authority.Issue("good");
        Assert.Empty(Errors(good.Certificate, good.Key, good.Authority));
        Assert.Equal(
            ["--tls-certificate", "--tls-key", "--tls-ca"],
            Errors(null, null, null).Select(error => error.Setting));
        Assert.Equal($"--tls-key {_folder}/nowhere: must be a file that exists", Errors(good.Certificate, $"{_folder}/nowhere", good.Authority).Single().ToString());
        Assert.Contains("must come from an authority in --tls-ca", Errors(good.Certificate, good.Key, _other.Issue("x").Files.Authority).Single().Allowed, StringComparison.Ordinal);
        var (expired, _) = _authority.Issue("expired", hours: -0.5);
        Assert.Contains("must come from an authority in --tls-ca, and be valid now", Errors(expired.Certificate, expired.Key, expired.Authority).Single().Allowed, StringComparison.Ordinal);
        Assert.Contains("must be a certificate in PEM, with its key in --tls-key", Errors(good.Certificate, expired.Key, good.Authority).Single().Allowed, StringComparison.Ordinal);
        Assert.Contains("--tls-ca holds no certificate", Errors(good.Certificate, good.Key, good.Key).Single().Allowed, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", string.Concat(Errors(good.Key, good.Key, good.Authority)), StringComparison.Ordinal);
    }

    private static List<SettingError> Errors(string? certificate, string? key, string? authority)
    {
        var errors = new List<SettingError>();
        var files = TlsFiles.Read(certificate, key, authority, errors);
        Assert.Equal(files is null, errors.Count > 0);
        return errors;
    }

    private StandingProcess Silo(string name, TlsFiles files)
    {
        File.WriteAllText(Path.Combine(_folder, "secret"), new string('a', 64));
        return new StandingProcess(
            name, new Dictionary<string, string>(), "--clustering", $"directory:{_folder}", "--runs", _folder, "--secret-file", Path.Combine(_folder, "secret"),
            "--tls", "on", "--tls-certificate", files.Certificate, "--tls-key", files.Key, "--tls-ca", files.Authority);
    }

    private static int PortOf(StandingProcess silo, string word) =>
        int.Parse(silo.Said.Split(word)[1].Split(',', ';')[0], CultureInfo.InvariantCulture);

    private static int Refusals(StandingProcess silo) => silo.Said.Split("was refused before anything was said").Length - 1;

    /// <summary>The serial number that a silo, or a node of it, shows to who comes with these files, or with none; null when it has refused already.</summary>
    internal static async Task<string?> SerialSeenBy(int port, TlsFiles? files)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, port);
        await using var stream = new SslStream(connection.GetStream());
        var options = files is null
            ? new SslClientAuthenticationOptions { TargetHost = "", RemoteCertificateValidationCallback = (_, _, _, _) => true }
            : new TlsCertificates(files).Client();
        try
        {
            await stream.AuthenticateAsClientAsync(options);
            return stream.RemoteCertificate!.GetSerialNumberString();
        }
        catch (Exception error) when (error is AuthenticationException or IOException)
        {
            return null;
        }
    }

    /// <summary>The first byte that a silo says to who speaks Orleans's protocol without TLS; null for none.</summary>
    private static async Task<byte?> AnswerInTheClear(int port)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, port);
        var stream = connection.GetStream();
        await stream.WriteAsync(new byte[64]);
        var answer = new byte[1];
        try
        {
            return await stream.ReadAsync(answer) == 0 ? null : answer[0];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
