using AtomGrains.Grains.Workers;
using AtomGrains.Local.Devices;
using AtomGrains.Node.Transport.Tls;

namespace AtomGrains.Silo;

/// <summary>What a silo is to every run.</summary>
/// <param name="Host">The machine's name: primary and backup of a partition are never on one.</param>
/// <param name="Listen">Address of tensors, with their ports where these are told.</param>
/// <param name="Devices">Of one kind, <c>cpu</c> or <c>cuda:N</c>.</param>
/// <param name="Ordinal">The number of its first device in the set of silos; the others follow.</param>
/// <param name="HasChildren">
/// Each node has a process of its own: where there are several devices, and where runs come and go, since what a run pins of
/// its process (threads, above all) is read as that begins.
/// </param>
/// <param name="Tls">By what its nodes prove themselves to others; null where they do not encrypt.</param>
internal sealed record SiloShape(string Host, string Listen, IReadOnlyList<string> Devices, int Ordinal, bool HasChildren, TlsFiles? Tls = null)
{
    /// <summary>Of each device, as it was when the silo began; 0 where nobody can tell.</summary>
    public IReadOnlyList<long> MemoryBytes { get; } = [.. DeviceMemory.Of(Devices).Select(bytes => bytes ?? 0)];

    public SiloDevices Metadata => new(SiloDevices.KindOf(Devices[0]), Devices.Count, MemoryBytes.Min(), Host);
}
