namespace AtomGrains.Node.Storage.Objects;

/// <summary>
/// Where checkpoints go: named objects that are whole or absent, whoever dies while writing. Names are relative, with
/// slashes between parts of letters, digits, '.', '-' and '_'. Calls block for as long as the store takes, retries
/// included, and may come from several threads; whatever goes wrong is an <see cref="IOException"/>.
/// </summary>
public interface IObjectStore
{
    /// <summary>What people call this store, without secrets.</summary>
    string Description { get; }

    /// <summary>
    /// Creates an object from the parts, one after another. Of all who try, in any process, one gets true; who gets
    /// false finds the winner's object whole.
    /// </summary>
    bool PutIfAbsent(string name, IReadOnlyList<ReadOnlyMemory<byte>> parts);

    /// <summary>Replaces an object if it still is the one with this tag; false when it is another one or gone.</summary>
    bool PutIfMatch(string name, string tag, IReadOnlyList<ReadOnlyMemory<byte>> parts);

    /// <summary>Fills the buffer with an object's bytes from an offset on.</summary>
    /// <exception cref="FileNotFoundException">There is no such object.</exception>
    /// <exception cref="EndOfStreamException">It is shorter.</exception>
    void ReadRange(string name, long offset, Span<byte> buffer);

    /// <summary>An object and its tag, which changes with its bytes; null when there is none.</summary>
    StoredObject? Find(string name);

    /// <summary>All objects whose names begin so, in ordinal order of their names; the tags are not asked for.</summary>
    IReadOnlyList<StoredObject> List(string prefix);

    /// <summary>Removes an object; one that is gone already is no error.</summary>
    void Delete(string name);

    /// <summary>Removes what writers that died before this time have left half-written, where a store has such a thing.</summary>
    void RemoveRemains(DateTimeOffset olderThan);
}
