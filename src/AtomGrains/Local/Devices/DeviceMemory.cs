using System.Globalization;
using AtomGrains.Core.Options;

namespace AtomGrains.Local.Devices;

/// <summary>
/// What memory devices have, asked of the system and of their driver and not of a tensor engine: neither the supervisor nor a
/// silo whose nodes have processes of their own ever loads one.
/// </summary>
internal static class DeviceMemory
{
    /// <summary>Of each of the devices of a process's machine, in bytes; null where nobody can tell.</summary>
    /// <param name="devices">Of one kind.</param>
    public static IReadOnlyList<long?> Of(IReadOnlyList<string> devices) => Of(devices, () => MachineMemory.Bytes(), CudaDriver.MemoryOf);

    public static IReadOnlyList<long?> Of(IReadOnlyList<string> devices, Func<long?> ofMachine, Func<int, long?> ofCuda)
    {
        // A device that stands there twice is one, and so is its memory.
        return [.. devices.Select(device => OfOne(device) / devices.Count(other => other == device))];

        long? OfOne(string device) => device == "cpu" ? ofMachine() : ofCuda(int.Parse(device.Split(':')[1], CultureInfo.InvariantCulture));
    }

    /// <summary>The first of the devices that has less than is asked for, as an error of the setting.</summary>
    /// <param name="has">Of each, as <see cref="Of(IReadOnlyList{string})"/> says.</param>
    public static SettingError? ErrorOf(string flag, long asked, IReadOnlyList<string> devices, IReadOnlyList<long?> has) =>
        devices.Zip(has).Where(device => device.Second is not { } bytes || bytes < asked)
            .Select(device => new SettingError(flag, ByteSize.Of(asked), device.Second is { } bytes
                ? $"must be at most {ByteSize.OfMemory(bytes)}, which {device.First} has here"
                : $"cannot be asked for: nobody can tell how much {device.First} has here"))
            .FirstOrDefault();
}
