using System.Diagnostics;
using System.Net;
using AtomGrains.Clustering;
using AtomGrains.Core.Options;
using AtomGrains.Grains;
using AtomGrains.Grains.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Messaging;

namespace StartRun;

/// <summary>A connected cluster, as commands ask it. Every question may be asked again, and is when a silo is gone.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    // Grains of a lost silo live again within a few seconds.
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly IHost _host;
    private readonly IClusterClient _client;

    private Cluster(IHost host)
    {
        _host = host;
        _client = host.Services.GetRequiredService<IClusterClient>();
    }

    private IRunsGrain Runs => _client.GetGrain<IRunsGrain>(IRunsGrain.Key);

    /// <param name="patience">How long its silos are looked for.</param>
    /// <exception cref="ClientException">No silo answers, or nobody says where they are.</exception>
    /// <exception cref="OperationCanceledException">It was left.</exception>
    public static async Task<Cluster> ConnectAsync(ClusterConnection connection, TimeSpan patience, CancellationToken cancellation)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);

        // Else the host may end its start at a signal before the command has heard of it, and that reads as a cluster that does not answer.
        builder.Services.AddSingleton<IHostLifetime, NoConsoleLifetime>();
        var began = Stopwatch.GetTimestamp();
        Exception? newest = null;
        builder.UseOrleansClient(client =>
        {
            connection.Configure(client);
            client.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(2));
            client.UseConnectionRetryFilter(async (error, token) =>
            {
                newest = error;
                if (AccessRefusal.Of(error) is not null)
                {
                    return false;
                }

                await Task.Delay(Pause, token);
                return Stopwatch.GetElapsedTime(began) < patience;
            });
        });
        var host = builder.Build();
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(patience);
            await host.StartAsync(limit.Token);
            return new Cluster(host);
        }
        catch (Exception error)
        {
            using var failed = host;
            cancellation.ThrowIfCancellationRequested();

            // The edge: membership in a folder or a table, and Orleans's own, fail with exceptions of many kinds. The limit
            // may come in the middle of an attempt: why the one before it failed is worth more.
            var cause = error is OperationCanceledException ? newest ?? error : error;
            if (AccessRefusal.Of(cause) is { } refusal)
            {
                throw new ClientException($"cluster {connection.ClusterId} cannot be asked: {refusal}");
            }

            if (await RefusalAsync(connection, host.Services) is { } fault)
            {
                throw new ClientException($"cluster {connection.ClusterId} cannot be asked: {fault}");
            }

            var reason = cause is OperationCanceledException or OrleansException ? "" : $": {InALine(cause)}";
            throw new ClientException($"no silo of cluster {connection.ClusterId} answers within {patience.TotalSeconds} s{reason}");
        }
    }

    public async Task StartAsync(string name, string spec, string specName) =>
        Check(await AskAsync(() => Runs.Start(new RunRequest(WireContract.Version, name, spec, specName))));

    public async Task OrderAsync(string name, RunOrderKind kind, int workers = 0) =>
        Check(await AskAsync(() => Runs.Order(new RunOrder(WireContract.Version, name, kind, workers))));

    /// <summary>Every run, or the one of a name, if there is one.</summary>
    public async Task<IReadOnlyList<RunSummary>> ListAsync(string? name = null)
    {
        var list = await AskAsync(() => Runs.List(new RunQuery(WireContract.Version, name)));
        return list.Refused is { } refused ? throw new ClientException(refused) : list.Runs;
    }

    /// <exception cref="ClientException">There is no such run.</exception>
    public async Task<RunSummary> FindAsync(string name) =>
        await ListAsync(name) is [var run] ? run : throw new ClientException($"there is no run {name}; list shows those that there are");

    /// <summary>Where a run stands, or why nobody could say so just now.</summary>
    /// <exception cref="ClientException">It is of no use to ask again.</exception>
    public async Task<(RunProgress? Progress, string? Reason)> ProgressAsync(string name)
    {
        try
        {
            return (await _client.GetGrain<IRunGrain>(name).Progress(), null);
        }
        catch (OrleansException error) when (error.GetType() == typeof(OrleansException))
        {
            // Those that are of no narrower kind are thrown by the run's own grain.
            return (null, InALine(error));
        }
        catch (Exception error) when (IsPassing(error))
        {
            return (null, "no silo answers");
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw new ClientException($"run {name} cannot be watched: {InALine(error)}");
        }
    }

    public Task<WeightsFileInfo?> DescribeWeightsAsync(string name) => AskAsync(() => _client.GetGrain<IWeightsGrain>(name).Describe());

    public async Task<byte[]> ReadWeightsAsync(string name, long offset) => (await AskAsync(() => _client.GetGrain<IWeightsGrain>(name).Read(offset))).Bytes;

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    // Orleans knows of a gateway that does not let it in that there is none.
    private static async Task<SettingError?> RefusalAsync(ClusterConnection connection, IServiceProvider services)
    {
        try
        {
            var gateways = await services.GetRequiredService<IGatewayListProvider>().GetGateways();
            return await connection.RefusalAsync(gateways.Select(gateway => new IPEndPoint(IPAddress.Parse(gateway.Host), gateway.Port)));
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // The edge, as above: what keeps it from being asked has its line already.
            return null;
        }
    }

    private static void Check(RunAnswer answer)
    {
        if (answer.Errors.Count > 0)
        {
            throw new ClientException(answer.Errors);
        }
    }

    private static string InALine(Exception error) => error.GetBaseException().Message.Split('\n')[0].Trim();

    private static bool IsPassing(Exception error) => error is OrleansException or TimeoutException;

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        for (var began = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                return await ask();
            }
            catch (Exception error) when (IsPassing(error) && Stopwatch.GetElapsedTime(began) < AnswerWithin)
            {
                await Task.Delay(Pause);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // The edge: what a grain throws comes as what it was there.
                throw new ClientException($"the cluster does not answer: {InALine(error)}");
            }
        }
    }
}
