using AtomGrains.Commands;
using AtomGrains.Grains.Workers;

namespace AtomGrains.Silo.Health;

/// <summary>
/// Whether the silo's devices compute, each asked in a process of its own: one that fails may abort it, or hang. A device
/// with a worker is not asked again: its worker would notice, and it may have no memory left. One that fails is not offered
/// to any run until it passes.
/// </summary>
internal sealed class DeviceProbe : IDisposable
{
    private static readonly TimeSpan EveryGood = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan EveryBad = TimeSpan.FromSeconds(20);

    private readonly IReadOnlyList<string> _devices;
    private readonly DeviceSlots _slots;
    private readonly Func<string, string?> _ask;
    private readonly string?[] _faults;
    private readonly RepeatedProbe _probe;

    /// <param name="ask">What is wrong with a device, in words, or null; in a process of its own unless given; must not throw.</param>
    public DeviceProbe(IReadOnlyList<string> devices, DeviceSlots slots, Func<string, string?>? ask = null)
    {
        (_devices, _slots, _ask) = (devices, slots, ask ?? (device => DeviceCheckCommand.AskAsync(device).GetAwaiter().GetResult()));
        _faults = [.. devices.Select(_ => "not checked yet")];
        foreach (var slot in slots.All)
        {
            slot.IsUsable = false;
        }

        _probe = new RepeatedProbe("devices", Ask, good => good ? EveryGood : EveryBad, devices.Count * DeviceCheckCommand.LongestCheck);
    }

    /// <summary>What is wrong with the first device that does not compute; null when all do.</summary>
    public string? Fault => _probe.Fault;

    public void Dispose() => _probe.Dispose();

    private string? Ask()
    {
        for (var device = 0; device < _devices.Count; device++)
        {
            var slot = _slots.All[device];
            if (!slot.IsUsable || slot.IsFree)
            {
                _faults[device] = _ask(_devices[device]);
                slot.IsUsable = _faults[device] is null;
            }
        }

        var failed = Array.FindIndex(_faults, fault => fault is not null);
        return failed < 0 ? null : $"{_devices[failed]}: {_faults[failed]}";
    }
}
