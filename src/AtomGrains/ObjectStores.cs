using AtomGrains.Node.Storage.Objects;

namespace AtomGrains;

/// <summary>Opens the store that a name means.</summary>
internal static class ObjectStores
{
    private const string Scheme = "://";

    public static bool IsFolder(string store) => !store.Contains(Scheme, StringComparison.Ordinal);

    /// <summary>What is wrong with a name, in words; null when nothing is.</summary>
    public static string? Fault(string store) => IsFolder(store) ? null : "must be a folder";

    public static IObjectStore Open(string store) => new DirectoryObjectStore(store);
}
