using System.Net;
using AtomGrains.Azure;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Tests.Storage.Objects;

/// <summary>A service that is busy for a moment, as one under load is: a real HTTP server that says so, and then answers.</summary>
public sealed class AzureRetryTests : IDisposable
{
    private readonly BusyServer _server = new();

    public void Dispose() => _server.Dispose();

    [Fact]
    public void ARequestThatIsAnsweredBusyIsRepeatedUntilItIsTaken()
    {
        _server.BusyAnswers = 2;
        Assert.True(Store.PutIfAbsent("a", [new byte[] { 1, 2, 3 }]));

        // The block twice in vain and once for good, and then the list that commits it.
        Assert.Equal(["PUT block 503", "PUT block 503", "PUT block 201", "PUT blocklist 201"], _server.Answers);
        Assert.All(_server.Bodies.Take(3), body => Assert.Equal([1, 2, 3], body));
    }

    [Fact]
    public void ACommitThatIsAnsweredBusyIsRepeatedWithoutItsBlocks()
    {
        _server.BusyAnswers = 1;
        _server.IsBusyFor = "blocklist";
        Assert.True(Store.PutIfAbsent("a", [new byte[] { 1, 2, 3 }]));
        Assert.Equal(["PUT block 201", "PUT blocklist 503", "PUT blocklist 201"], _server.Answers);
    }

    [Fact]
    public void ARefusalIsNotRepeated()
    {
        (_server.BusyAnswers, _server.BusyStatus) = (int.MaxValue, HttpStatusCode.Forbidden);
        Assert.Contains("a in az://checkpoints/one: ", Assert.Throws<IOException>(() => Store.PutIfAbsent("a", [new byte[] { 1 }])).Message, StringComparison.Ordinal);
        Assert.Equal(["PUT block 403"], _server.Answers);
    }

    private AzureObjectStore Store => new(
        AzureStoreName.Parse("az://checkpoints/one"), $"DefaultEndpointsProtocol=http;AccountName=test;AccountKey={Convert.ToBase64String(new byte[32])};BlobEndpoint={_server.Address}/test;");

    /// <summary>Answers the first requests as busy, all later ones as done, and keeps what it was sent.</summary>
    private sealed class BusyServer : IDisposable
    {
        private const int MostPortsTried = 20;

        private readonly HttpListener _listener;
        private readonly Task _serving;
        private readonly Lock _gate = new();
        private readonly List<string> _answers = [];
        private readonly List<byte[]> _bodies = [];

        public BusyServer()
        {
            for (var tried = 1; ; tried++)
            {
                Address = $"http://127.0.0.1:{FreePort.On(IPAddress.Loopback)}";
                _listener = new HttpListener { Prefixes = { $"{Address}/" } };
                try
                {
                    _listener.Start();
                    break;
                }
                catch (HttpListenerException) when (tried < MostPortsTried)
                {
                    // Taken by somebody else meanwhile.
                }
            }

            _serving = Task.Run(Serve);
        }

        public string Address { get; }

        public int BusyAnswers { get; set; }

        public HttpStatusCode BusyStatus { get; set; } = HttpStatusCode.ServiceUnavailable;

        public string IsBusyFor { get; set; } = "block";

        public IReadOnlyList<string> Answers
        {
            get
            {
                lock (_gate)
                {
                    return [.. _answers];
                }
            }
        }

        public IReadOnlyList<byte[]> Bodies
        {
            get
            {
                lock (_gate)
                {
                    return [.. _bodies];
                }
            }
        }

        public void Dispose()
        {
            _listener.Close();
            _serving.Wait(TimeSpan.FromSeconds(10));
        }

        private async Task Serve()
        {
            while (true)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                await Answer(context);
            }
        }

        private async Task Answer(HttpListenerContext context)
        {
            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            var what = context.Request.QueryString["comp"] ?? "blob";
            lock (_gate)
            {
                var isBusy = what == IsBusyFor && BusyAnswers-- > 0;
                context.Response.StatusCode = (int)(isBusy ? BusyStatus : HttpStatusCode.Created);
                _answers.Add($"{context.Request.HttpMethod} {what} {context.Response.StatusCode}");
                _bodies.Add(body.ToArray());
            }

            context.Response.Headers["ETag"] = "\"1\"";
            context.Response.Headers["Last-Modified"] = "Thu, 01 Jan 2026 00:00:00 GMT";
            context.Response.Close();
        }
    }
}
