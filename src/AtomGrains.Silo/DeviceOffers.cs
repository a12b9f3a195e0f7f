using AtomGrains.Grains;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;
using AtomGrains.Grains.Workers;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime;

namespace AtomGrains.Silo;

/// <summary>
/// Offers this silo's device to the run for as long as it is free. The offer is repeated, so it needs no memory on the
/// other side: a run grain that lives again elsewhere hears of every free device within one period.
/// </summary>
internal sealed class DeviceOffers(
    SiloOrders orders, ISiloRun run, DeviceSlot device, IGrainFactory grains, ILocalSiloDetails silo, IHostApplicationLifetime host) : BackgroundService
{
    // Short against the start of a process, long against a grain call.
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var coordinator = grains.GetGrain<IRunGrain>(orders.RunId);
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var offer = new DeviceOffer(silo.SiloAddress.ToParsableString(), orders.Host, orders.Ordinal, orders.Device, memory, run.Program);
        using var timer = new PeriodicTimer(Period);
        while (await Next(timer, stoppingToken).ConfigureAwait(false))
        {
            if (!device.IsFree)
            {
                continue;
            }

            try
            {
                var answer = await coordinator.Offer(offer with { Over = device.Over }).ConfigureAwait(false);
                if (answer.Refused is { } reason)
                {
                    Console.Error.WriteLine($"this silo's device is refused: {reason}");
                    host.StopApplication();
                    return;
                }
            }
            catch (Exception error) when (error is OrleansException or TimeoutException or OperationCanceledException)
            {
                // The run grain's silo is gone: the next call finds where it lives again.
            }
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
