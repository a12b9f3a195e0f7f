using AtomGrains.Grains;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;
using AtomGrains.Grains.Workers;
using AtomGrains.Silo.Runs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace AtomGrains.Silo;

/// <summary>
/// Offers this silo's devices to the runs that want some, each for as long as it is free, to one run after the other until
/// one takes it. Offers are repeated, so they need no memory on the other side: a run grain that lives again elsewhere, or
/// in a cluster of which nothing lived any more, hears of every free device within one period.
/// </summary>
internal sealed partial class DeviceOffers(
    SiloShape shape, ISiloRuns runs, IWantedRuns wanted, DeviceSlots devices, Refusal refusal,
    IGrainFactory grains, ILocalSiloDetails silo, IHostApplicationLifetime host, ILogger<DeviceOffers> logger) : BackgroundService
{
    // Short against the start of a process, long against a grain call.
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

    // Of a silo that nobody wants: a run that is made waits no longer than this for it.
    private static readonly TimeSpan IdlePeriod = TimeSpan.FromSeconds(1);

    // The call that begins a node may still be on its way; its device is nobody else's meanwhile.
    private static readonly TimeSpan Reserved = TimeSpan.FromSeconds(2);

    // What was said of runs long over may be said again.
    private const int MostSaid = 1000;

    private readonly Dictionary<int, (string Run, TimeSpan At)> _taken = [];
    private readonly HashSet<string> _said = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(await OfferFreeAsync(stoppingToken).ConfigureAwait(false) ? Period : IdlePeriod, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The silo ends.
        }
    }

    /// <returns>Whether there is a run that may want one.</returns>
    private async Task<bool> OfferFreeAsync(CancellationToken stoppingToken)
    {
        var free = Enumerable.Range(0, devices.All.Count).Where(device => devices.All[device].IsFree).ToList();
        if (free.Count == 0)
        {
            return true;
        }

        if (await CallAsync<IReadOnlyList<string>>("the runs", async () => await wanted.AskAsync(OfferOf(free[0])).ConfigureAwait(false)).ConfigureAwait(false) is not { Count: > 0 } ids)
        {
            return false;
        }

        foreach (var device in free)
        {
            if (await OfferAsync(device, ids, stoppingToken).ConfigureAwait(false) is { } reason && wanted.EndsSiloWhenRefused)
            {
                refusal.Reason = reason;
                host.StopApplication();
                break;
            }
        }

        return true;
    }

    /// <returns>Why the last run that was asked can never use it; null when it may.</returns>
    private async Task<string?> OfferAsync(int device, IReadOnlyList<string> ids, CancellationToken stoppingToken)
    {
        var now = TimeSpan.FromMilliseconds(Environment.TickCount64);
        var reserved = _taken.TryGetValue(device, out var taken) && now - taken.At < Reserved;
        string? refused = null;
        foreach (var id in reserved ? [taken.Run] : ids)
        {
            stoppingToken.ThrowIfCancellationRequested();
            var answer = await CallAsync($"run {id}", async () => runs.Find(id) is { IsResting: false } run
                ? await grains.GetGrain<IRunGrain>(id).Offer(OfferOf(device) with { Program = run.Program, Over = devices.All[device].OverOf(id) }).ConfigureAwait(false)
                : null).ConfigureAwait(false);
            refused = answer?.Refused;
            if (answer is { IsTaken: true })
            {
                _taken[device] = reserved ? taken : (id, now);
                break;
            }

            if (refused is not null && IsNews($"{id}: {refused}"))
            {
                LogRefused(id, shape.Devices[device], refused);
            }
        }

        return refused;
    }

    private DeviceOffer OfferOf(int device) => new(
        silo.SiloAddress.ToParsableString(), shape.Host, shape.Ordinal + device, shape.Devices[device], shape.MemoryBytes[device], "", null, shape.HasChildren ? device : null,
        WireContract.Version);

    // The host's edge: one run that cannot be opened must not keep the device from the others.
    private async Task<T?> CallAsync<T>(string what, Func<Task<T?>> call)
        where T : class
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception error) when (error is OrleansException or TimeoutException or OperationCanceledException)
        {
            // The other grain's silo is gone: the next call finds where it lives again.
            return null;
        }
        catch (Exception error)
        {
            if (IsNews($"{what}: {error.Message}"))
            {
                LogNotAsked(what, error.Message);
            }

            return null;
        }
    }

    private bool IsNews(string text)
    {
        if (_said.Count >= MostSaid)
        {
            _said.Clear();
        }

        return _said.Add(text);
    }

    [LoggerMessage(1, LogLevel.Warning, "run {Run} refuses {Device}: {Reason}")]
    private partial void LogRefused(string run, string device, string reason);

    [LoggerMessage(2, LogLevel.Warning, "{What} cannot be asked: {Reason}")]
    private partial void LogNotAsked(string what, string reason);
}
