namespace AtomGrains.Grains.Wire;

/// <summary>
/// The version of the records below. A field is added with a key of its own and a default; what a key means never
/// changes. Anything else is a new version, which silos of the old one refuse. What an older sender leaves out is zero or
/// null, whatever default a parameter has: where that is not what is meant, the property says what is.
/// </summary>
public static class WireContract
{
    public const int Version = 1;

    /// <summary>Why a client of some version gets no answer; null when it does.</summary>
    public static string? RefusalOf(int version) => version <= Version ? null
        : $"the client speaks version {version} of the wire contract, this cluster {Version}: the cluster has to be updated first";
}
