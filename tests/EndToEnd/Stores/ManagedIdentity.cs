using System.Net;
using System.Text;
using System.Text.Json;
using AtomGrains.Node.Transport;

namespace AtomGrains.EndToEnd.Tests.Stores;

/// <summary>
/// The token service that a machine in the cloud offers to what runs there, with tokens that a real service checks for all
/// but their signature. Source: the REST protocol of managed identities, version 2019-08-01.
/// </summary>
internal sealed class ManagedIdentity : IDisposable
{
    private const string Secret = "of-this-machine-only";

    private readonly HttpListener _listener = new();
    private readonly string _address;
    private readonly string _audience;
    private int _given;

    /// <param name="audience">Whom the tokens are for.</param>
    public ManagedIdentity(string audience)
    {
        _audience = audience;
        _address = FormattableString.Invariant($"http://127.0.0.1:{FreePort.On(IPAddress.Loopback)}/token");
        _listener.Prefixes.Add($"{_address}/");
        _listener.Start();
        _ = ServeAsync();
    }

    /// <summary>Tokens given so far.</summary>
    public int Given => Volatile.Read(ref _given);

    /// <summary>What the machine's processes find in their environment.</summary>
    public IEnumerable<string> Environment => [$"IDENTITY_ENDPOINT={_address}", $"IDENTITY_HEADER={Secret}"];

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                var isAllowed = context.Request.Headers["X-IDENTITY-HEADER"] == Secret;
                context.Response.StatusCode = (int)(isAllowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden);
                context.Response.ContentType = "application/json";
                if (isAllowed)
                {
                    Interlocked.Increment(ref _given);
                    await context.Response.OutputStream.WriteAsync(Answer());
                }

                context.Response.Close();
            }
        }
        catch (Exception error) when (error is ObjectDisposedException or HttpListenerException)
        {
            // Closed.
        }
    }

    private byte[] Answer()
    {
        var now = DateTimeOffset.UtcNow;
        var ends = now.AddHours(1).ToUnixTimeSeconds();
        var claims = new { aud = _audience, iss = "https://sts.windows.net/tests/", iat = now.AddMinutes(-1).ToUnixTimeSeconds(), nbf = now.AddMinutes(-1).ToUnixTimeSeconds(), exp = ends };
        var token = $"{Part(new { alg = "none", typ = "JWT" })}.{Part(claims)}.{Convert.ToBase64String("unsigned"u8).TrimEnd('=')}";
        return JsonSerializer.SerializeToUtf8Bytes(new { access_token = token, expires_on = $"{ends}", resource = _audience, token_type = "Bearer" });
    }

    private static string Part(object value) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(value))).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
