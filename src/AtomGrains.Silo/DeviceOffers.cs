using AtomGrains.Grains;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;
using AtomGrains.Grains.Workers;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime;

namespace AtomGrains.Silo;

/// <summary>
/// Offers this silo's devices to the run, each for as long as it is free. Offers are repeated, so they need no memory on the
/// other side: a run grain that lives again elsewhere hears of every free device within one period.
/// </summary>
internal sealed class DeviceOffers(
    SiloOrders orders, ISiloRun run, DeviceSlots devices, Refusal refusal, IGrainFactory grains, ILocalSiloDetails silo, IHostApplicationLifetime host) : BackgroundService
{
    // Short against the start of a process, long against a grain call.
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var coordinator = grains.GetGrain<IRunGrain>(orders.RunId);
        using var timer = new PeriodicTimer(Period);
        while (await Next(timer, stoppingToken).ConfigureAwait(false))
        {
            for (var device = 0; device < devices.All.Count; device++)
            {
                if (devices.All[device].IsFree && await RefusedAsync(coordinator, device).ConfigureAwait(false) is { } reason)
                {
                    refusal.Reason = reason;
                    host.StopApplication();
                    return;
                }
            }
        }
    }

    private async Task<string?> RefusedAsync(IRunGrain coordinator, int device)
    {
        // The devices of all silos of one shape are numbered through, and so are the workers that they like to be.
        var ordinal = (orders.Ordinal * orders.Devices.Count) + device;
        int? child = orders.Devices.Count == 1 ? null : device;
        var offer = new DeviceOffer(
            silo.SiloAddress.ToParsableString(), orders.Host, ordinal, orders.Devices[device], orders.MemoryBytes, run.Program, devices.All[device].Over, child);
        try
        {
            return (await coordinator.Offer(offer).ConfigureAwait(false)).Refused;
        }
        catch (Exception error) when (error is OrleansException or TimeoutException or OperationCanceledException)
        {
            // The run grain's silo is gone: the next call finds where it lives again.
            return null;
        }
    }

    private static async Task<bool> Next(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
