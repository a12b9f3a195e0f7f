using System.Globalization;

namespace AtomGrains.Grains;

/// <summary>Keys of the grains below a run.</summary>
public static class RunKeys
{
    /// <summary>Key of the worker grain of a node.</summary>
    public static string Node(string run, int node) => Join(run, node);

    /// <summary>Key of the grain of a partition.</summary>
    public static string Partition(string run, int partition) => Join(run, partition);

    /// <summary>Key of the grain of a shard.</summary>
    public static string Shard(string run, int shard) => Join(run, shard);

    /// <summary>The run and the number in a key.</summary>
    /// <exception cref="FormatException">It is no such key.</exception>
    public static (string Run, int Number) Parse(string key)
    {
        var slash = key.LastIndexOf('/');
        return slash > 0 && int.TryParse(key.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (key[..slash], number)
            : throw new FormatException($"'{key}' is no key of a part of a run: it must be RUN/NUMBER");
    }

    private static string Join(string run, int number) => run + "/" + number.ToString(CultureInfo.InvariantCulture);
}
