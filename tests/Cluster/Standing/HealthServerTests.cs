using System.Net;
using System.Net.Sockets;
using System.Text;
using AtomGrains.Commands;
using AtomGrains.Grains.Workers;
using AtomGrains.Silo.Health;
using Orleans.Runtime;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>What a silo answers to whoever watches over it, and what it does not let them take.</summary>
public sealed class HealthServerTests : IDisposable
{
    private readonly DeviceSlots _slots = new(1);
    private readonly DeviceProbe _devices;
    private readonly RepeatedProbe _volume;
    private readonly Readiness _readiness;
    private readonly HealthServer _server;
    private readonly HttpClient _client;
    private SiloStatus _status = SiloStatus.Active;
    private volatile string? _volumeFault;

    public HealthServerTests()
    {
        _devices = new DeviceProbe(["cpu"], _slots, _ => null);
        _volume = new RepeatedProbe("volume", () => _volumeFault, _ => TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(60));
        _readiness = new Readiness(() => _status, _devices, _volume);
        _server = new HealthServer(IPAddress.Loopback, port: 0, _readiness);
        _client = new HttpClient { BaseAddress = new Uri(_server.Url) };
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
        _readiness.Dispose();
        _slots.Dispose();
    }

    [Fact]
    public async Task ASiloIsReadyWhenItHasJoinedAndDeviceAndVolumeAnswer()
    {
        await Says(HttpStatusCode.OK, "ready\n");
        _status = SiloStatus.Joining;
        await Says(HttpStatusCode.ServiceUnavailable, "membership: this silo has not joined its cluster yet\n");
        _status = SiloStatus.Dead;
        await Says(HttpStatusCode.ServiceUnavailable, "membership: this silo is Dead in its cluster\n");
        _volumeFault = "No space left";
        await Says(HttpStatusCode.ServiceUnavailable, "membership: this silo is Dead in its cluster\nruns: No space left\n");
        (_status, _volumeFault) = (SiloStatus.Active, null);
        await Says(HttpStatusCode.OK, "ready\n");
        Assert.Equal("alive\n", await _client.GetStringAsync("/healthz"));
    }

    [Fact]
    public async Task ASiloThatLeavesIsNotReadyAtOnceAndLivesOn()
    {
        await Says(HttpStatusCode.OK, "ready\n");
        Assert.True(_readiness.Leave());
        Assert.False(_readiness.Leave());
        using var answer = await _client.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("leaving: this silo was asked to end\n", await answer.Content.ReadAsStringAsync());
        Assert.Equal("alive\n", await _client.GetStringAsync("/healthz"));
    }

    [Fact]
    public async Task ADeviceThatFailsItsCheckIsNamedAndNotOffered()
    {
        using var slots = new DeviceSlots(2);
        using var devices = new DeviceProbe(["cuda:0", "cuda:1"], slots, device => device == "cuda:1" ? "out of memory" : null);
        await Eventually.Holds("the answer of the second device", () => devices.Fault == "cuda:1: out of memory", () => devices.Fault ?? "");
        Assert.Equal((true, false), (slots.All[0].IsFree, slots.All[1].IsFree));
    }

    [Fact]
    public async Task ADeviceThatCannotEvenBeAskedFailsItsCheckAndEndsNoSilo()
    {
        using var slots = new DeviceSlots(1);

        // No program is started with a string of an environment that is longer than 128 KiB.
        var tooMuch = new Dictionary<string, string> { ["ATOMGRAINS_TEST"] = new('x', 1 << 18) };
        using var devices = new DeviceProbe(["cuda:0"], slots, device => DeviceCheckCommand.AskAsync(device, tooMuch).GetAwaiter().GetResult());
        await Eventually.Holds("the fault", () => devices.Fault is { } fault && fault.StartsWith("cuda:0: cannot be checked: ", StringComparison.Ordinal) && fault.EndsWith("Argument list too long", StringComparison.Ordinal), () => devices.Fault ?? "");
        Assert.False(slots.All[0].IsFree);
    }

    [Fact]
    public async Task AnAnswerThatIsOverdueIsAFault()
    {
        using var gone = new ManualResetEventSlim();
        using var probe = new RepeatedProbe("hangs", () =>
        {
            gone.Wait();
            return null;
        }, _ => TimeSpan.FromSeconds(60), patience: TimeSpan.FromMilliseconds(20));
        await Eventually.Holds("the fault", () => probe.Fault is { } fault && fault.StartsWith("no answer for ", StringComparison.Ordinal), () => probe.Fault ?? "");
        gone.Set();
        await Eventually.Holds("the answer", () => probe.Fault is null, () => probe.Fault ?? "");
    }

    [Fact]
    public async Task AQuestionThatFailsIsAFaultAndIsAskedAgain()
    {
        var asked = 0;
        using var probe = new RepeatedProbe("fails", () => ++asked == 1 ? throw new ArgumentException("no such thing") : null, good => TimeSpan.FromSeconds(good ? 60 : 0.2), TimeSpan.FromSeconds(60));
        await Eventually.Holds("the fault", () => probe.Fault == "cannot be asked: no such thing", () => probe.Fault ?? "");
        await Eventually.Holds("the next answer", () => probe.Fault is null, () => probe.Fault ?? "");
    }

    [Theory]
    [InlineData("GET", "/", HttpStatusCode.NotFound)]
    [InlineData("GET", "/metrics/", HttpStatusCode.NotFound)]
    [InlineData("GET", "/METRICS", HttpStatusCode.NotFound)]
    [InlineData("GET", "/healthz?x=1", HttpStatusCode.OK)]
    [InlineData("HEAD", "/healthz", HttpStatusCode.MethodNotAllowed)]
    [InlineData("POST", "/metrics", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", "/readyz", HttpStatusCode.MethodNotAllowed)]
    public async Task OnlyThreePathsAreServedAndOnlyToGet(string method, string path, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await _client.SendAsync(request);
        Assert.Equal(status, answer.StatusCode);
    }

    [Theory]
    [InlineData("GET /{long} HTTP/1.1\r\n\r\n", "HTTP/1.1 414 ")]
    [InlineData("GET /healthz HTTP/1.1\r\nHost: x\r\nX: {long}{long}{long}{long}{long}\r\n\r\n", "HTTP/1.1 431 ")]
    [InlineData("GET /healthz\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("\u0001\u0002\u0003\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET /healthz HTTP/2.0\r\n\r\n", "HTTP/1.1 505 ")]
    public async Task WhatIsTooLongOrNoRequestIsRefused(string request, string answer)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(_server.Url).Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request.Replace("{long}", new string('x', 2000), StringComparison.Ordinal)));
        Assert.StartsWith(answer, await new StreamReader(client.GetStream()).ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal("alive\n", await _client.GetStringAsync("/healthz"));
    }

    [Fact]
    public async Task WhoSaysNothingMakesRoomForWhoComes()
    {
        var silent = new List<TcpClient>();
        for (var i = 0; i < 200; i++)
        {
            silent.Add(new TcpClient());
            await silent[^1].ConnectAsync(IPAddress.Loopback, new Uri(_server.Url).Port);
            if (i % 50 == 49)
            {
                using var probe = new HttpClient();
                Assert.Equal("alive\n", await probe.GetStringAsync(_server.Url + "/healthz"));
            }
        }

        silent.ForEach(client => client.Dispose());
    }

    private Task Says(HttpStatusCode status, string text) => Eventually.Answers($"{status} with {text}", async () =>
    {
        using var answer = await _client.GetAsync("/readyz");
        return answer.StatusCode == status && await answer.Content.ReadAsStringAsync() == text ? "" : null;
    });
}
