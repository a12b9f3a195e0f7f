using System.Net;
using System.Text;
using AtomGrains.Node.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
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
/// silo joins and ends after it has left. What callers can take of this process is bounded: connections, bytes and seconds;
/// who says nothing makes room for who comes, or else whoever connects could have probes find the silo dead.
/// </summary>
internal sealed class HealthServer : IDisposable
{
    private const int MostConnections = 64;

    private readonly ConnectionPlaces _places = new(MostConnections);
    private readonly WebApplication _application;
    private readonly Readiness _readiness;
    private readonly PrometheusExporter _metrics = new();

    /// <summary>Listens at once.</summary>
    /// <param name="port">0 is any free one.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public HealthServer(IPAddress address, int port, Readiness readiness)
    {
        _readiness = readiness;

        // Empty: no setting of ASP.NET's own, from the environment or a file, opens another port.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            Bound(kestrel.Limits);
            kestrel.AddServerHeader = false;
            kestrel.Listen(address, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(HoldPlaceAsync);
            });
        });
        _application = builder.Build();
        _application.Run(AnswerAsync);
        _application.StartAsync().GetAwaiter().GetResult();
        Url = _application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
    }

    /// <summary>Where it listens, without a path.</summary>
    public string Url { get; }

    public void Dispose()
    {
        _application.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _metrics.Dispose();
    }

    // Probes and scrapers need little of anything.
    private static void Bound(KestrelServerLimits limits)
    {
        // With those that have lost their place and are not closed yet.
        limits.MaxConcurrentConnections = 2 * MostConnections;
        limits.MaxRequestBodySize = 0;
        limits.MaxRequestLineSize = 1024;
        limits.MaxRequestBufferSize = 8192;
        limits.MaxRequestHeadersTotalSize = 8192;
        limits.MaxRequestHeaderCount = 64;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);

        // Counts as well before a connection's first byte. A scraper that comes every 15 s keeps its connection.
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(20);
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));
    }

    private async Task HoldPlaceAsync(ConnectionContext connection, Func<Task> serve)
    {
        using var place = _places.Take(connection.Abort);
        connection.Features.Set(place);
        await serve().ConfigureAwait(false);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        context.Features.GetRequiredFeature<ConnectionPlace>().Renew();
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = HttpMethods.Get;
            await WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "only GET is served here\n").ConfigureAwait(false);
            return;
        }

        switch (context.Request.Path.Value)
        {
            case "/healthz":
                await WriteAsync(context, StatusCodes.Status200OK, "alive\n").ConfigureAwait(false);
                break;
            case "/readyz" when _readiness.Faults() is { Count: > 0 } faults:
                await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, string.Concat(faults.Select(fault => fault + "\n"))).ConfigureAwait(false);
                break;
            case "/readyz":
                await WriteAsync(context, StatusCodes.Status200OK, "ready\n").ConfigureAwait(false);
                break;
            case MetricsServer.Path:
                await WriteAsync(context, StatusCodes.Status200OK, MetricsPage.ContentType, await _metrics.PageAsync(context.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
                break;
            default:
                await WriteAsync(context, StatusCodes.Status404NotFound, $"there are /healthz, /readyz and {MetricsServer.Path} here\n").ConfigureAwait(false);
                break;
        }
    }

    private static Task WriteAsync(HttpContext context, int status, string text) => WriteAsync(context, status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));

    private static Task WriteAsync(HttpContext context, int status, string type, byte[] body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
