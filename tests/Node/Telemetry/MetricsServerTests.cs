using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using AtomGrains.Node.Telemetry;

namespace AtomGrains.Node.Tests.Telemetry;

public sealed class MetricsServerTests : IDisposable
{
    private readonly MetricsServer _server = new(port: 0, () => "atomgrains_loss 1\n");
    private readonly HttpClient _client = new();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task ThePageIsServedInTheTextFormat()
    {
        using var answer = await _client.GetAsync(_server.Url);
        Assert.Equal("atomgrains_loss 1\n", await answer.Content.ReadAsStringAsync());
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
    }

    [Theory]
    [InlineData("GET", "/", HttpStatusCode.NotFound)]
    [InlineData("GET", "/metrics?x=1", HttpStatusCode.OK)]
    [InlineData("HEAD", "/metrics", HttpStatusCode.OK)]
    [InlineData("POST", "/metrics", HttpStatusCode.MethodNotAllowed)]
    public async Task OtherQuestionsHaveTheAnswersOfHttp(string method, string path, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(new Uri(_server.Url), path));
        using var answer = await _client.SendAsync(request);
        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task ARequestWithoutEndIsCutOff() =>
        Assert.StartsWith("HTTP/1.1 400 ", await Say(new string('x', 9000)), StringComparison.Ordinal);

    [Fact]
    public async Task WhoSaysNothingHoldsUpNobody()
    {
        using var silent = new TcpClient();
        await silent.ConnectAsync(IPAddress.Loopback, _server.Port);
        Assert.Equal("atomgrains_loss 1\n", await _client.GetStringAsync(_server.Url));
    }

    [Fact]
    public void ATakenPortIsAnError() =>
        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(() => new MetricsServer(_server.Port, () => "")).SocketErrorCode);

    private async Task<string> Say(string text)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _server.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync();
    }
}
