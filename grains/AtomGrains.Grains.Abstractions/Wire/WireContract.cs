namespace AtomGrains.Grains.Wire;

/// <summary>
/// The version of the records below. A field is added with a key of its own and a default; what a key means never
/// changes. Anything else is a new version, which silos of the old one refuse. What an older sender leaves out is zero or
/// null, whatever default a parameter has: where that is not what is meant, the property says what is.
/// </summary>
public static class WireContract
{
    public const int Version = 1;

    /// <summary>Of a silo whose offers and news of ended nodes do not say: it was built before they did.</summary>
    public const int Unsaid = 1;

    /// <summary>Why a client of some version gets no answer; null when it does.</summary>
    public static string? RefusalOf(int version) => version <= Version ? null
        : $"the client speaks version {version} of the wire contract, this cluster {Version}: the cluster has to be updated first";

    /// <summary>Why a silo hears nothing of one of some version; null when it does. Unlike clients, silos know one version alone.</summary>
    /// <param name="who">Who speaks, as a person knows it.</param>
    public static string? RefusalOf(string who, int version) => version == Version ? null
        : $"{who} speaks version {version} of the wire contract, this silo {Version}";

    /// <inheritdoc cref="RefusalOf(string, int)"/>
    /// <exception cref="InvalidOperationException">It does not: in a line.</exception>
    public static void Check(string who, int version)
    {
        if (RefusalOf(who, version) is { } refused)
        {
            throw new InvalidOperationException(refused);
        }
    }
}
