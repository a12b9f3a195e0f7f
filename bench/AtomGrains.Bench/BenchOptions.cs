namespace AtomGrains.Bench;

/// <summary>What to measure, how often, and where to write it.</summary>
internal sealed record BenchOptions
{
    public const string Usage = "usage: ./atom bench [--host local|orleans] [--quick] [--out FILE.json] [NAME...]";

    /// <summary>Names of benches; all when empty.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Fewer repeats: shows that all works; its medians are rough.</summary>
    public bool Quick { get; init; }

    public string? Out { get; init; }

    /// <summary>What hosts the runs; each host has benches of its own.</summary>
    public BenchHost Host { get; init; }

    /// <summary>Null, with the reason in <paramref name="error"/>, when the arguments are none.</summary>
    public static BenchOptions? Parse(IReadOnlyList<string> arguments, out string error)
    {
        var names = new List<string>();
        var options = new BenchOptions { Names = names };
        error = "";
        for (var i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--quick":
                    options = options with { Quick = true };
                    break;
                case "--host" when i + 1 < arguments.Count && Enum.TryParse<BenchHost>(arguments[i + 1], ignoreCase: true, out var host):
                    options = options with { Host = host };
                    i++;
                    break;
                case "--host":
                    error = "--host needs local or orleans";
                    return null;
                case "--out" when i + 1 < arguments.Count:
                    options = options with { Out = arguments[++i] };
                    break;
                case "--out":
                    error = "--out needs a file";
                    return null;
                case var name:
                    names.Add(name);
                    break;
            }
        }

        if (names.Except(Suite.Names(options.Host)).FirstOrDefault() is { } unknown)
        {
            error = $"'{unknown}' is no bench of the {options.Host} host; there are {string.Join(", ", Suite.Names(options.Host))}";
            return null;
        }

        return options;
    }

    /// <summary>How often to repeat.</summary>
    public int Count(int full, int quick) => Quick ? quick : full;
}
