using AtomGrains.Commands;
using AtomGrains.Grains.Workers;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AtomGrains.Silo;

/// <summary>
/// A device on which a process of its own failed is offered to nobody before it has computed right in a fresh process.
/// </summary>
internal sealed partial class DoubtedDevices(SiloShape shape, DeviceSlots devices, ILogger<DoubtedDevices> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    // A device that is being reset, or whose memory is still being freed, passes after a while.
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!shape.HasChildren)
        {
            // The node's process is this one: what it died of is asked by who starts the next.
            return;
        }

        try
        {
            await Task.WhenAll(Enumerable.Range(0, devices.All.Count).Select(device => FollowAsync(device, stoppingToken))).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The silo ends.
        }
    }

    private async Task FollowAsync(int device, CancellationToken stoppingToken)
    {
        var slot = devices.All[device];
        while (true)
        {
            await Task.Delay(Period, stoppingToken).ConfigureAwait(false);
            if (slot.NeedsCheck)
            {
                if (await DeviceCheckCommand.AskAsync(shape.Devices[device]).ConfigureAwait(false) is { } fault)
                {
                    LogFailed(shape.Devices[device], fault);
                    slot.Doubt(fault);
                    await Task.Delay(AfterFailure, stoppingToken).ConfigureAwait(false);
                }
                else
                {
                    LogPassed(shape.Devices[device]);
                    slot.Trust();
                }
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Device} fails its check: {Fault}")]
    private partial void LogFailed(string device, string fault);

    [LoggerMessage(2, LogLevel.Information, "{Device} passes its check")]
    private partial void LogPassed(string device);
}
