using System.Globalization;
using AtomGrains.Core.Options;

namespace AtomGrains.Commands.Options;

/// <summary>
/// Whether a device can be there, asked of the system and not of a tensor engine, which the supervisor never
/// loads. What the driver shows may still not work: that is found by the first worker.
/// </summary>
public static class DevicePresence
{
    /// <summary>CUDA devices that the driver shows, by index; null where it does not count them (WSL2).</summary>
    public static int? OfThisMachine()
    {
        if (File.Exists("/dev/dxg"))
        {
            return null;
        }

        const string prefix = "nvidia";
        return Directory.EnumerateFiles("/dev", prefix + "*").Count(path => Index(Path.GetFileName(path), prefix) is not null);
    }

    private static int? Index(string text, string prefix) =>
        int.TryParse(text.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? index
            : null;

    public static IEnumerable<SettingError> Errors(string device, Func<int?> cudaDevices)
    {
        if (device == "cpu")
        {
            yield break;
        }

        if (!device.StartsWith("cuda:", StringComparison.Ordinal)
            || Index(device, "cuda:") is not { } index)
        {
            yield return new SettingError(Settings.Device.Flag, device, "must be cpu or cuda:N");
            yield break;
        }

        if (cudaDevices() is { } count && index >= count)
        {
            var allowed = count == 0 ? "must be cpu" : $"must be cpu or cuda:0 to cuda:{count - 1}";
            yield return new SettingError(Settings.Device.Flag, device, $"is not on this machine; {allowed}");
        }
    }
}
