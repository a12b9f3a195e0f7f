namespace AtomGrains.Silo.Standing;

/// <summary>
/// Looks at the store of checkpoints again and again. A role that is cut to reading still lists, so some looks write; not
/// all, since the cloud counts requests; and once something is wrong each does, so that it is well when it can be written to.
/// One look at a time.
/// </summary>
/// <param name="ask">Whether to write as well; what is wrong, or null.</param>
internal sealed class StoreWatch(Func<bool, string?> ask)
{
    /// <summary>Of so many looks one writes: with one in 15 s, it is one in a minute.</summary>
    public const int LooksToAWrite = 4;

    private int _sinceWrite;

    /// <returns>What is wrong, in words; null when nothing is.</returns>
    public string? Look()
    {
        var fault = ask(_sinceWrite == 0);
        _sinceWrite = fault is null ? (_sinceWrite + 1) % LooksToAWrite : 0;
        return fault;
    }
}
