using AtomGrains.Grains.Workers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AtomGrains.Silo;

/// <summary>A silo that is asked to end hands its nodes over first: its grains, and the runs' work, go on elsewhere.</summary>
internal static class Departure
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>Returns once the host was told to stop: when no node lives here any more, or the grace is over.</summary>
    /// <returns>Whether everything was handed over within the grace.</returns>
    public static async Task<bool> LeaveAsync(IHost host, TimeSpan grace)
    {
        var devices = host.Services.GetRequiredService<DeviceSlots>();
        var deadline = DateTimeOffset.UtcNow + grace;
        devices.Close();
        bool isInUse;
        while ((isInUse = devices.AskToLeave()) && DateTimeOffset.UtcNow < deadline)
        {
            await Task.Delay(Look).ConfigureAwait(false);
        }

        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        return !isInUse;
    }
}
