using System.Net;
using System.Text.Json.Nodes;
using AtomGrains.Cluster.Tests.Clients;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Node.Workers;
using AtomGrains.Silo.Standing;
using AtomGrains.Tests.Support.Tls;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>
/// Nodes of standing silos show each other their silos' certificates and encrypt what they compute; whoever has no such
/// certificate reads and says nothing, though it may know the run's secret, and new certificates are taken up under load.
/// </summary>
public sealed class EncryptedTensorsTests : IDisposable
{
    private static readonly Spec Lasting = Spec.Long with { Steps = 150 };

    private readonly Authority _authority = new();
    private readonly Authority _other = new();

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }

    [Fact]
    public Task TensorsAreEncryptedAndCertificatesRenewedUnderLoad() => LongEnough.Run(Lasting, async spec =>
    {
        await using var cluster = new StandingCluster(authority: _authority);
        cluster.StartSilos(3);
        await cluster.Starts("run", spec, workers: 3);
        await cluster.Reaches("run", 5);
        await cluster.While("run", "tensors that are encrypted, and certificates renewed", async () =>
        {
            var asked = await Member(cluster, "host-1");

            // The run's secret alone opens nothing, and nobody else has what a silo asks for.
            var identity = new TransportIdentity("run", 99, ClusterSecret.Parse(cluster.Secret)!.OfRun("run"));
            var client = _authority.Issue("client").Files;
            Assert.Equal(CloseReason.HandshakeRefused, await Dial(asked, identity, tls: null));
            Assert.Equal(CloseReason.HandshakeRefused, await Dial(asked, identity, _other.Issue("stranger").Files with { Authority = client.Authority }));
            Assert.Equal(CloseReason.CertificateUntrusted, await Dial(asked, identity, client with { Authority = _other.Issue("stranger").Files.Authority }));
            await TlsTests.SerialSeenBy(asked.Endpoint.Port, files: null);
            Assert.Null(await Dial(asked, identity, client));
            await Says("the caller does not speak TLS");
            await Says("the other side's certificate is of none of this cluster's authorities");
            await Says("the other side shows no certificate");

            // All are renewed, one silo is gone, and another stands in for it: each connection with it is a new one.
            var before = await TlsTests.SerialSeenBy(asked.Endpoint.Port, client);
            var renewed = Enumerable.Range(0, 3).Select(silo => _authority.Issue($"host-{silo}").Serial).ToList();
            cluster.Silos[0].Signal(Signals.Terminate);
            cluster.StartSilos(1);
            var newcomer = await Member(cluster, "host-3");
            Assert.Equal(renewed[1], await TlsTests.SerialSeenBy(asked.Endpoint.Port, client));
            Assert.NotEqual(before, renewed[1]);
            Assert.NotNull(await TlsTests.SerialSeenBy(newcomer.Endpoint.Port, client));

            Task Says(string why) => Eventually.Holds(
                $"the line: {why}", () => File.ReadAllText(Path.Combine(cluster.Runs, "run", "logs", $"node-{asked.Node}.log")).Contains($"a tensor connection of 127.0.0.1 was refused: {why}\n", StringComparison.Ordinal));
        });

        await cluster.EndsAsTheCalmRun("run", spec);
        Assert.Empty((await cluster.Finish("run", spec)).GivenUp);
    });

    /// <summary>The node of a failure domain, as the newest view has it.</summary>
    private static async Task<Asked> Member(StandingCluster cluster, string host)
    {
        Asked? found = null;
        await cluster.Holds("run", $"a member on {host}", () => (found = Find()) is not null);
        return found!;

        Asked? Find()
        {
            var newest = Directory.EnumerateFiles(Path.Combine(cluster.Runs, "run", "views"), "*.json").MaxBy(path => long.Parse(Path.GetFileNameWithoutExtension(path)));
            return JsonNode.Parse(File.ReadAllText(newest!))!["Members"]!.AsArray().Where(member => (string?)member!["Host"] == host)
                .Select(member => new Asked(Number(member!["Node"]!), IPEndPoint.Parse((string)member["Address"]!))).FirstOrDefault();
        }
    }

    private static int Number(JsonNode node) => node is JsonObject ? (int)node["Value"]! : (int)node;

    /// <summary>Sends a node something; why it came to nothing, or null when it got as far as sending.</summary>
    private static async Task<CloseReason?> Dial(Asked asked, TransportIdentity identity, TlsFiles? tls)
    {
        var heard = new Heard();
        var options = new TransportOptions { Tls = tls is null ? null : new TlsCertificates(tls) };
        using var peer = new TensorPeer(asked.Node, asked.Endpoint, identity, options, new TensorPool(1 << 20), new TransportCounters(), heard);
        Assert.Equal(SendOutcome.Accepted, peer.Send([1], []));
        return await heard.First.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private sealed record Asked(int Node, IPEndPoint Endpoint);

    private sealed class Heard : ITensorEvents
    {
        public TaskCompletionSource<CloseReason?> First { get; } = new();

        public void OnRefused(IPAddress? from, CloseReason reason)
        {
        }

        public void OnOpened(int node, LinkDirection direction) => First.TrySetResult(null);

        public CloseReason? OnFrame(int fromNode, ReadOnlyMemory<byte> header, TensorBuffer payload)
        {
            payload.Dispose();
            return null;
        }

        public void OnClosed(int node, LinkDirection direction, CloseReason reason) => First.TrySetResult(reason);
    }
}
