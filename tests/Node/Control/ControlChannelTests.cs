using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using AtomGrains.Node.Control;
using AtomGrains.Node.Tests.Transport;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Tests.Control;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Hello), "hello")]
[JsonDerivedType(typeof(Lanes), "lanes")]
internal abstract record Message;

internal sealed record Hello(string Name) : Message;

internal sealed record Lanes(int[] Ids) : Message;

[JsonSerializable(typeof(Message))]
internal sealed partial class MessageContract : JsonSerializerContext;

public sealed class ControlChannelTests : IDisposable
{
    private const int Supervisor = 0;

    private readonly RunSecret _secret = RunSecret.Create();
    private readonly ControlOptions _options = new() { MaxMessageBytes = 1 << 20, MaxQueuedBytes = 2 << 20, GoodbyeTimeout = TimeSpan.FromSeconds(30) };
    private readonly TransportCounters _counters = new();
    private readonly Recorded _atServer = new();
    private readonly ControlServer<Message> _server;

    public ControlChannelTests() =>
        _server = new ControlServer<Message>(Identity(Supervisor), _options, MessageContract.Default.Message, _counters, _atServer);

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task MessagesArriveInOrderBothWaysAfterConnected()
    {
        const int Messages = 500;
        var atClient = new Recorded();
        using var client = Connect(3, atClient);
        Assert.Equal("3 connected", await _atServer.Next());
        Assert.Equal("0 connected", await atClient.Next());
        for (var i = 0; i < Messages; i++)
        {
            Assert.True(client.Send(new Lanes(Enumerable.Range(i, Count(i)).ToArray())));
            Assert.True(_server.Send(3, new Hello($"{i}")));
        }

        for (var i = 0; i < Messages; i++)
        {
            Assert.Equal($"3 lanes {i} x{Count(i)}", await _atServer.Next());
            Assert.Equal($"0 hello {i}", await atClient.Next());
        }

        // Now and then one that is too long for a direct write, so that the queue takes part.
        static int Count(int i) => i % 50 == 0 ? 10_000 : 1 + (i % 100);
    }

    [Fact]
    public async Task WhatWasSentBeforeDisposeArrives()
    {
        var client = Connect(3, new Recorded());
        for (var i = 0; i < 50; i++)
        {
            Assert.True(client.Send(new Lanes(Enumerable.Range(i, 4_000).ToArray())));
        }

        client.Dispose();
        Assert.False(client.Send(new Hello("too late")));
        Assert.Equal("3 connected", await _atServer.Next());
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal($"3 lanes {i} x4000", await _atServer.Next());
        }

        Assert.Equal("3 closed PeerClosed", await _atServer.Next());
        Assert.False(_server.Send(3, new Hello("gone")));
    }

    [Fact]
    public async Task AStrangerWithoutTheSecretIsRefused()
    {
        var stranger = new TransportIdentity("run", 3, RunSecret.Create());
        var (client, refused) = ControlClient<Message>.Connect(
            _server.Endpoint, Supervisor, stranger, _options, MessageContract.Default.Message, new TransportCounters(), new Recorded());
        Assert.Null(client);
        Assert.Equal(CloseReason.HandshakeRefused, refused);
        await Eventually.Holds("the count of the refusal", () => _counters.Closes(CloseReason.WrongSecret) == 1);
    }

    [Theory]
    [InlineData("{\"kind\":\"hello\"", CloseReason.MalformedMessage)]
    [InlineData("{\"kind\":\"unheard of\"}", CloseReason.MalformedMessage)]
    [InlineData("{\"Name\":\"of no kind\"}", CloseReason.MalformedMessage)]
    [InlineData("{\"kind\":\"lanes\",\"Ids\":[\"one\"]}", CloseReason.MalformedMessage)]
    [InlineData("null", CloseReason.MalformedMessage)]
    [InlineData("", CloseReason.MalformedMessage)]
    [InlineData("\xff\xfe", CloseReason.MalformedMessage)]
    public async Task AMalformedMessageClosesItsConnectionAndNoOther(string json, CloseReason reason)
    {
        using var good = Connect(2, new Recorded());
        Assert.Equal("2 connected", await _atServer.Next());
        using var bad = new RawDialler(_server.Endpoint, Identity(3), Supervisor, Handshake.Channel.Control);
        Assert.Equal("3 connected", await _atServer.Next());
        var bytes = Encoding.Latin1.GetBytes(json);
        bad.Send(Prefix((uint)bytes.Length));
        bad.Send(bytes);

        Assert.Equal($"3 closed {reason}", await _atServer.Next());
        Assert.Equal(1, _counters.Closes(reason));
        good.Send(new Hello("still here"));
        Assert.Equal("2 hello still here", await _atServer.Next());
    }

    [Fact]
    public async Task AMessageAboveTheLimitIsRefusedByBothSides()
    {
        using var client = Connect(2, new Recorded());
        Assert.Equal("2 connected", await _atServer.Next());
        Assert.Throws<ArgumentException>(() => client.Send(new Hello(new string('x', _options.MaxMessageBytes))));

        using var bad = new RawDialler(_server.Endpoint, Identity(3), Supervisor, Handshake.Channel.Control);
        Assert.Equal("3 connected", await _atServer.Next());
        bad.Send(Prefix((uint)_options.MaxMessageBytes + 1));
        Assert.Equal("3 closed MessageTooLarge", await _atServer.Next());
    }

    [Fact]
    public async Task APeerThatDoesNotReadIsClosedWhenItsQueueIsFull()
    {
        using var deaf = new RawDialler(_server.Endpoint, Identity(3), Supervisor, Handshake.Channel.Control);
        Assert.Equal("3 connected", await _atServer.Next());
        var message = new Hello(new string('x', 100_000));
        var sent = 0;
        while (_server.Send(3, message))
        {
            Assert.True(++sent < 1000, "nothing bounds the queue");
        }

        Assert.Equal("3 closed QueueOverflow", await _atServer.Next());
        Assert.True(sent >= 2);
    }

    [Fact]
    public async Task AKilledProcessIsNoticed()
    {
        using var process = new RelayProcess(_server.Endpoint);
        using var raw = new RawDialler(process.Endpoint, Identity(3), Supervisor, Handshake.Channel.Control);
        Assert.Equal("3 connected", await _atServer.Next());
        process.Kill();
        Assert.Contains(await _atServer.Next(), new[] { "3 closed PeerClosed", "3 closed ConnectionReset" });
    }

    [Fact]
    public async Task TheEndOfTheSupervisorIsNoticed()
    {
        var atClient = new Recorded();
        using var client = Connect(3, atClient);
        Assert.Equal("0 connected", await atClient.Next());
        Assert.Equal("3 connected", await _atServer.Next());
        _server.Dispose();
        Assert.Equal("0 closed PeerClosed", await atClient.Next());
    }

    [Fact]
    public async Task ATensorHandshakeIsNoneForControl()
    {
        Assert.Throws<InvalidOperationException>(() => new RawDialler(_server.Endpoint, Identity(3), Supervisor));
        await Eventually.Holds("the count of the refusal", () => _counters.Closes(CloseReason.HandshakeMalformed) == 1);
    }

    private static byte[] Prefix(uint length)
    {
        var prefix = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(prefix, length);
        return prefix;
    }

    private TransportIdentity Identity(int node) => new("run", node, _secret);

    private ControlClient<Message> Connect(int node, Recorded events)
    {
        var (client, refused) = ControlClient<Message>.Connect(
            _server.Endpoint, Supervisor, Identity(node), _options, MessageContract.Default.Message, new TransportCounters(), events);
        return client ?? throw new InvalidOperationException($"refused: {refused}");
    }

    private sealed class Recorded : IControlEvents<Message>
    {
        private readonly Channel<string> _events = Channel.CreateUnbounded<string>();

        public void OnConnected(int node) => _events.Writer.TryWrite($"{node} connected");

        public void OnMessage(int node, Message message) => _events.Writer.TryWrite(message switch
        {
            Hello hello => $"{node} hello {hello.Name}",
            Lanes lanes => $"{node} lanes {lanes.Ids[0]} x{lanes.Ids.Length}",
            _ => throw new ArgumentOutOfRangeException(nameof(message)),
        });

        public void OnClosed(int node, CloseReason reason) => _events.Writer.TryWrite($"{node} closed {reason}");

        public async Task<string> Next()
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            try
            {
                return await _events.Reader.ReadAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException("awaited in vain: an event of the control channel");
            }
        }
    }
}
