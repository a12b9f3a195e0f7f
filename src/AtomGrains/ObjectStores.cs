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

    /// <summary>Asks a store that is no folder whether it is there and lets this process in; null when it does.</summary>
    /// <inheritdoc cref="AzureObjectStore.Ask"/>
    public static StoreFault? Ask(string store, TimeSpan limit, bool writes) => new AzureObjectStore(AzureStoreName.Parse(store)).Ask(limit, writes);

    public static IObjectStore Open(string store) => IsFolder(store) ? new DirectoryObjectStore(store) : new AzureObjectStore(AzureStoreName.Parse(store));
}
