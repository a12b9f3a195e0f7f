using AtomGrains.Azure;
using AtomGrains.Node.Storage.Objects;

namespace AtomGrains;

/// <summary>Opens the store that a name means: the one place that knows every kind.</summary>
internal static class ObjectStores
{
    private const string Scheme = "://";

    public static bool IsFolder(string store) => !store.Contains(Scheme, StringComparison.Ordinal);

    /// <summary>What is wrong with a name, in words; null when nothing is.</summary>
    public static string? Fault(string store) =>
        IsFolder(store) ? null
        : store.StartsWith(AzureStoreName.Scheme, StringComparison.Ordinal) ? AzureStoreName.Fault(store)
        : $"must be a folder, or {AzureStoreName.Scheme}CONTAINER/PREFIX";

    public static IObjectStore Open(string store) => IsFolder(store) ? new DirectoryObjectStore(store) : new AzureObjectStore(AzureStoreName.Parse(store));
}
