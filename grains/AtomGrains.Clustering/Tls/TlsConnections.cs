using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using AtomGrains.Node.Transport.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;

namespace AtomGrains.Clustering.Tls;

/// <summary>
/// Connections of silos and clients, encrypted, each end with a certificate of the cluster: nothing of Orleans's protocol is
/// read from or said to anybody before that is proven. What Orleans's own package for this has not, it reads renewed files.
/// </summary>
internal sealed partial class TlsConnections(TlsCertificates certificates, bool isServer, ILogger logger)
{
    // A stranger holds a connection for so long.
    private static readonly TimeSpan LongestHandshake = TimeSpan.FromSeconds(5);

    /// <summary>All of a silo's connections, those of clients to it included.</summary>
    public static void Configure(ISiloBuilder silo, TlsFiles files)
    {
        var certificates = new TlsCertificates(files);
        silo.Configure<SiloConnectionOptions>(options =>
        {
            options.ConfigureSiloInboundConnection(Use(certificates, isServer: true));
            options.ConfigureGatewayInboundConnection(Use(certificates, isServer: true));
            options.ConfigureSiloOutboundConnection(Use(certificates, isServer: false));
        });
    }

    /// <summary>A client's connections to gateways.</summary>
    public static void Configure(IClientBuilder client, TlsFiles files)
    {
        var certificates = new TlsCertificates(files);
        client.Configure<ClientConnectionOptions>(options => options.ConfigureConnection(Use(certificates, isServer: false)));
    }

    private static Action<IConnectionBuilder> Use(TlsCertificates certificates, bool isServer) => builder =>
    {
        var logger = builder.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger<TlsConnections>();
        var connections = new TlsConnections(certificates, isServer, logger);
        builder.Use(next => context => connections.RunAsync(context, next));
    };

    private async Task RunAsync(ConnectionContext context, ConnectionDelegate next)
    {
        var plain = context.Transport;
        var stream = new SslStream(new PipeStream(plain));
        await using (stream.ConfigureAwait(false))
        {
            try
            {
                await ProveAsync(stream, context.ConnectionClosed).ConfigureAwait(false);
            }
            catch (Exception error) when (error is AuthenticationException or IOException or OperationCanceledException)
            {
                LogRefused(context.RemoteEndPoint?.ToString() ?? "", error.GetBaseException().Message.ReplaceLineEndings(" "));
                throw new ConnectionAbortedException("no proof of membership", error);
            }

            var (input, output) = (PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true)), PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true)));
            try
            {
                context.Transport = new Encrypted(input, output);
                await next(context).ConfigureAwait(false);
            }
            finally
            {
                context.Transport = plain;
                await input.CompleteAsync().ConfigureAwait(false);
                await CompleteAsync(output).ConfigureAwait(false);
            }
        }
    }

    private async Task ProveAsync(SslStream stream, CancellationToken closed)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(closed);
        late.CancelAfter(LongestHandshake);
        if (isServer)
        {
            await stream.AuthenticateAsServerAsync(certificates.Server(), late.Token).ConfigureAwait(false);
        }
        else
        {
            await stream.AuthenticateAsClientAsync(certificates.Client(), late.Token).ConfigureAwait(false);
        }
    }

    // What is left to be said to an end that is gone is said to nobody.
    private static async Task CompleteAsync(PipeWriter output)
    {
        try
        {
            await output.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or OperationCanceledException)
        {
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "a connection with {Peer} was refused before anything was said: {Reason}")]
    private partial void LogRefused(string peer, string reason);

    private sealed record Encrypted(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
