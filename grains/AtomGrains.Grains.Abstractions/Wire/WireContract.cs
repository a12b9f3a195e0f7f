namespace AtomGrains.Grains.Wire;

/// <summary>
/// The version of the records below. A field is added with a key of its own and a default; what a key means never
/// changes. Anything else is a new version, which silos of the old one refuse.
/// </summary>
public static class WireContract
{
    public const int Version = 1;
}
