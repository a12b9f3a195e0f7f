namespace AtomGrains.Grains.Workers;

/// <summary>The jobs that a silo's program brings, as its metadata says to the whole cluster.</summary>
public static class SiloJobs
{
    private const string Key = "atomgrains.jobs";

    /// <returns>None for a silo that is none of ours.</returns>
    public static IReadOnlyList<string> Of(IReadOnlyDictionary<string, string> metadata) =>
        metadata.TryGetValue(Key, out var jobs) ? jobs.Split(',') : [];

    public static void AddTo(IDictionary<string, string> metadata, IEnumerable<string> jobs) => metadata[Key] = string.Join(',', jobs);
}
