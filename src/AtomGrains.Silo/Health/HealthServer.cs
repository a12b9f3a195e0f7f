using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace AtomGrains.Silo.Health;

/// <summary>
/// A silo's answers to whoever watches over it: <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c>. It begins before the
/// silo joins and ends after it has left. What callers can take of this process is bounded: connections, bytes and seconds.
/// </summary>
internal sealed class HealthServer : IDisposable
{
    private const string PlainText = "text/plain; charset=utf-8";

    private readonly WebApplication _application;

    private HealthServer(WebApplication application) => _application = application;

    /// <summary>Where it listens, without a path.</summary>
    public string Url => _application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();

    /// <param name="port">0 is any free one.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static HealthServer Start(IPAddress address, int port, Readiness readiness)
    {
        // Empty: no setting of ASP.NET's own, from the environment or a file, opens another port.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            Bound(kestrel.Limits);
            kestrel.AddServerHeader = false;
            kestrel.Listen(address, port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var application = builder.Build();
        application.Run(context => AnswerAsync(context, readiness));
        application.StartAsync().GetAwaiter().GetResult();
        return new HealthServer(application);
    }

    public void Dispose() => _application.DisposeAsync().AsTask().GetAwaiter().GetResult();

    // Probes and scrapers need little of anything.
    private static void Bound(KestrelServerLimits limits)
    {
        limits.MaxConcurrentConnections = 64;
        limits.MaxRequestBodySize = 0;
        limits.MaxRequestLineSize = 1024;
        limits.MaxRequestBufferSize = 8192;
        limits.MaxRequestHeadersTotalSize = 8192;
        limits.MaxRequestHeaderCount = 64;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(75);
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));
    }

    private static Task AnswerAsync(HttpContext context, Readiness readiness)
    {
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = HttpMethods.Get;
            return WriteAsync(context, StatusCodes.Status405MethodNotAllowed, PlainText, "only GET is served here\n"u8.ToArray());
        }

        switch (context.Request.Path.Value)
        {
            case "/healthz":
                return WriteAsync(context, StatusCodes.Status200OK, PlainText, "alive\n"u8.ToArray());
            case "/readyz":
                var faults = readiness.Faults();
                var text = faults.Count == 0 ? "ready\n" : string.Concat(faults.Select(fault => fault + "\n"));
                return WriteAsync(context, faults.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, PlainText, Encoding.UTF8.GetBytes(text));
            default:
                return WriteAsync(context, StatusCodes.Status404NotFound, PlainText, "there are /healthz, /readyz and /metrics here\n"u8.ToArray());
        }
    }

    private static Task WriteAsync(HttpContext context, int status, string type, byte[] body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
