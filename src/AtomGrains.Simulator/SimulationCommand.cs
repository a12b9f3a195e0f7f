using AtomGrains.Core.Protocol;

namespace AtomGrains.Simulator;

/// <summary>
/// <c>./atom simulate [--seeds N] [settings of one simulation]</c>: runs one seed, or N from that one on, and says how
/// they ended.
/// </summary>
public static class SimulationCommand
{
    /// <summary>The command that repeats a run.</summary>
    public static string Line(SimulationOptions options) => $"./atom simulate {SimulationArguments.Write(options)}";

    /// <summary>The exit code: 0 when all invariants held, 1 when one was broken, 2 for settings that are wrong.</summary>
    public static int Run(IReadOnlyList<string> words, TextWriter output)
    {
        SimulationOptions options;
        ulong seeds;
        try
        {
            (seeds, var rest) = TakeSeeds(words);
            options = SimulationArguments.Parse(rest);
        }
        catch (ArgumentException error)
        {
            output.WriteLine(error.Message);
            return 2;
        }

        var reference = new CalmReference();
        var broken = 0;
        for (var seed = options.Seed; seed - options.Seed < seeds; seed++)
        {
            var one = options with { Seed = seed };
            var result = reference.Judge(one, ProtocolRules.Safe);
            if (result.Violation is not null)
            {
                broken++;
                output.WriteLine(Failure(one, result));
            }
            else if (seeds == 1)
            {
                output.WriteLine(Success(result));
            }
        }

        output.WriteLine($"{broken} of {seeds} simulations broke an invariant");
        return broken == 0 ? 0 : 1;
    }

    /// <summary>What a failing simulation says: the violation, and the command that repeats it.</summary>
    public static string Failure(SimulationOptions options, SimulationResult result) =>
        $"{result.Violation}\n  after {result.Events} events, {result.Elapsed.TotalSeconds:F1} s of virtual time, {Faults(result)}\n  repeat it: {Line(options)}";

    private static string Success(SimulationResult result) => result.Stopped is { } reason ? $"stopped, as it should: {reason}" :
        $"weights {result.WeightsDigest:x16} after {result.Losses.Count} steps, {result.Events} events, {result.Elapsed.TotalSeconds:F1} s of virtual time, {Faults(result)}";

    private static string Faults(SimulationResult result) =>
        result.Injected.Count == 0 ? "no faults" : string.Join(", ", result.Injected.Select(fault => $"{fault.Value} × {fault.Key}"));

    private static (ulong Seeds, List<string> Words) TakeSeeds(IReadOnlyList<string> words)
    {
        var rest = words.ToList();
        var at = rest.IndexOf("--seeds");
        if (at < 0)
        {
            return (1, rest);
        }

        if (at + 1 == rest.Count || !ulong.TryParse(rest[at + 1], out var seeds) || seeds is 0 or > 1_000_000)
        {
            throw new ArgumentException("--seeds must be from 1 to 1000000");
        }

        rest.RemoveRange(at, 2);
        return (seeds, rest);
    }
}
