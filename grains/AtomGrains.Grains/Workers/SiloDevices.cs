using System.Globalization;

namespace AtomGrains.Grains.Workers;

/// <summary>What a silo has for workers, as its metadata says to the whole cluster.</summary>
/// <param name="Kind"><c>cpu</c> or <c>cuda</c>.</param>
/// <param name="Count">Devices, each of which may have a worker.</param>
/// <param name="MemoryBytes">Of each, or of the smallest; 0 where nobody can tell.</param>
/// <param name="Host">The machine.</param>
public sealed record SiloDevices(string Kind, int Count, long MemoryBytes, string Host)
{
    private const string KindKey = "atomgrains.device";
    private const string CountKey = "atomgrains.devices";
    private const string MemoryKey = "atomgrains.memory";
    private const string HostKey = "atomgrains.host";

    /// <summary>The kind of a device such as <c>cuda:1</c>.</summary>
    public static string KindOf(string device) => device.Split(':')[0];

    /// <returns>Null for a silo that is none of ours.</returns>
    public static SiloDevices? Of(IReadOnlyDictionary<string, string> metadata) =>
        metadata.TryGetValue(KindKey, out var kind)
        && metadata.TryGetValue(CountKey, out var count) && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var devices)
        && metadata.TryGetValue(MemoryKey, out var memory) && long.TryParse(memory, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
        && metadata.TryGetValue(HostKey, out var host)
            ? new SiloDevices(kind, devices, bytes, host)
            : null;

    public Dictionary<string, string> ToMetadata() => new()
    {
        [KindKey] = Kind,
        [CountKey] = Count.ToString(CultureInfo.InvariantCulture),
        [MemoryKey] = MemoryBytes.ToString(CultureInfo.InvariantCulture),
        [HostKey] = Host,
    };
}
