namespace AtomGrains.Node.Storage.Objects;

/// <summary>An object of a store.</summary>
/// <param name="Written">When, by the store's clock.</param>
/// <param name="Tag">What <see cref="IObjectStore.PutIfMatch"/> compares; null in a listing.</param>
public sealed record StoredObject(string Name, long Bytes, DateTimeOffset Written, string? Tag = null);
