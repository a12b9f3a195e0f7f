using AtomGrains.Core.Options;

namespace AtomGrains.Commands.Options;

/// <summary>The devices of <c>--device</c>: one, or several of one kind, between commas.</summary>
public static class DeviceList
{
    /// <summary>More than any machine has; it bounds what a typing error can start.</summary>
    private const int Most = 64;

    /// <returns>At least one.</returns>
    public static IReadOnlyList<string> Parse(string text) => text.Split(',', StringSplitOptions.TrimEntries);

    /// <param name="flag">The setting's name on the command line.</param>
    public static IEnumerable<SettingError> Errors(IReadOnlyList<string> devices, Func<int?> cudaDevices, string flag = "--device")
    {
        var text = string.Join(',', devices);
        if (devices.Count > Most)
        {
            return [new SettingError(flag, text, $"has {devices.Count} devices; must be from 1 to {Most}")];
        }

        var errors = devices.Distinct().SelectMany(device => DevicePresence.Errors(device, cudaDevices).Select(error => error with { Setting = flag })).ToList();
        if (errors.Count == 0 && devices.Select(device => device.Split(':')[0]).Distinct().Count() > 1)
        {
            errors.Add(new SettingError(flag, text, "must be devices of one kind: their bits differ"));
        }

        return errors;
    }
}
