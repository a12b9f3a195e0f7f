using System.Globalization;
using AtomGrains.Core.Options;

namespace AtomGrains.Simulator;

/// <summary>
/// A simulation's options as command-line words, both ways: what <see cref="Write"/> prints, <see cref="Parse"/>
/// reads back to the same run.
/// </summary>
public static class SimulationArguments
{
    private static readonly SimulationOptions Default = new();

    private static readonly Setting[] Settings =
    [
        new("seed", "from 0", o => Text(o.Seed), (o, v) => o with { Seed = ulong.Parse(v, NumberStyles.None, CultureInfo.InvariantCulture) }),
        new("workers", "from 1 to 16", o => Text(o.Workers), (o, v) => o with { Workers = (int)Whole(v, 1, 16) }),
        new("spares", "from 0 to 4", o => Text(o.Spares), (o, v) => o with { Spares = (int)Whole(v, 0, 4) }),
        new("lanes", "a power of two from 1 to 64", o => Text(o.Lanes), (o, v) => o with { Lanes = PowerOfTwo(v, 64) }),
        new("partitions", "from 1 to 9", o => Text(o.Partitions), (o, v) => o with { Partitions = (int)Whole(v, 1, 9) }),
        new("replicas", "yes or no", o => o.Replicas ? "yes" : "no", (o, v) => o with { Replicas = YesOrNo(v) }),
        new("steps", "from 1", o => Text(o.Steps), (o, v) => o with { Steps = Whole(v, 1, long.MaxValue) }),
        new("evaluate-every", "from 0", o => Text(o.EvaluateEvery), (o, v) => o with { EvaluateEvery = Whole(v, 0, long.MaxValue) }),
        new("skip-every", "from 0", o => Text(o.SkipEvery), (o, v) => o with { SkipEvery = Whole(v, 0, long.MaxValue) }),
        new("poison-kills", "from 0 to 64", o => Text(o.PoisonKills), (o, v) => o with { PoisonKills = (int)Whole(v, 0, 64) }),
        new("poison-step", "from 0", o => Text(o.PoisonStep), (o, v) => o with { PoisonStep = Whole(v, 0, long.MaxValue) }),
        new("poison-lane", "from 0 to 63", o => Text(o.PoisonLane), (o, v) => o with { PoisonLane = (int)Whole(v, 0, 63) }),
        new("late-deaths", "yes or no", o => o.LateDeaths ? "yes" : "no", (o, v) => o with { LateDeaths = YesOrNo(v) }),
        new("salted", "yes or no", o => o.Salted ? "yes" : "no", (o, v) => o with { Salted = YesOrNo(v) }),
        new("loss", "from 0 to 0.5", o => Text(o.Loss), (o, v) => o with { Loss = Real(v, 0, 0.5) }),
        new("duplication", "from 0 to 1", o => Text(o.Duplication), (o, v) => o with { Duplication = Real(v, 0, 1) }),
        new("delay-ms", "from 0 to 1000", o => Text(o.MaximumDelayMilliseconds), (o, v) => o with { MaximumDelayMilliseconds = Real(v, 0, 1000) }),
        new("fault-every-ms", "from 0", o => Text(o.FaultEveryMilliseconds), (o, v) => o with { FaultEveryMilliseconds = Real(v, 0, 1e9) }),
        new("faults-until-ms", "from 0", o => Text(o.FaultsUntil.TotalMilliseconds), (o, v) => o with { FaultsUntil = TimeSpan.FromMilliseconds(Real(v, 0, 1e9)) }),
        new("kinds", "names of faults with commas between", o => string.Join(',', o.Kinds), (o, v) => o with { Kinds = [.. v.Split(',').Select(Kind)] }),
        new("checkpoint-every", "from 0", o => Text(o.CheckpointEvery), (o, v) => o with { CheckpointEvery = Whole(v, 0, long.MaxValue) }),
        new("keep", "from 1 to 100", o => Text(o.Keep), (o, v) => o with { Keep = (int)Whole(v, 1, 100) }),
        new("audit-lanes", "from 0 to 1", o => Text(o.AuditLanes), (o, v) => o with { AuditLanes = Real(v, 0, 1) }),
        new("liar", "from 0 to 15", o => o.Liar is { } slot ? Text(slot) : "none", (o, v) => o with { Liar = (int)Whole(v, 0, 15) }),
        new("lies-from", "from 0", o => Text(o.LiesFrom), (o, v) => o with { LiesFrom = Whole(v, 0, long.MaxValue) }),
        new("flip-at-version", "from 0", o => Text(o.FlipAtVersion), (o, v) => o with { FlipAtVersion = Whole(v, 0, long.MaxValue) }),
        new("on-wrong-bits", "continue, stop or rollback", o => o.OnWrongBits.ToString().ToLowerInvariant(), (o, v) => o with { OnWrongBits = Policy(v) }),
        new("plan", "fault:slot@event with commas between", o => string.Join(',', o.Plan.Select(Text)), (o, v) => o with { Plan = [.. v.Split(',').Select(Planned)] }),
    ];

    /// <summary>The words that repeat this run: what differs from the defaults, and always the seed.</summary>
    public static string Write(SimulationOptions options) => string.Join(' ', Settings
        .Where(setting => setting.Name == "seed" || setting.Get(options) != setting.Get(Default))
        .Select(setting => $"--{setting.Name} {setting.Get(options)}"));

    /// <summary>Options from words such as <c>--seed 7 --lanes 4</c>. Throws an <see cref="ArgumentException"/> that names the setting and its range.</summary>
    public static SimulationOptions Parse(IReadOnlyList<string> words)
    {
        var options = Default;
        for (var i = 0; i < words.Count; i += 2)
        {
            var setting = Array.Find(Settings, setting => words[i] == $"--{setting.Name}")
                ?? throw new ArgumentException($"'{words[i]}' is no setting of a simulation; there are {string.Join(", ", Settings.Select(setting => $"--{setting.Name}"))}");
            if (i + 1 == words.Count)
            {
                throw new ArgumentException($"--{setting.Name} needs a value: {setting.Range}");
            }

            try
            {
                options = setting.Set(options, words[i + 1]);
            }
            catch (Exception error) when (error is FormatException or OverflowException or ArgumentException)
            {
                throw new ArgumentException($"--{setting.Name} is '{words[i + 1]}', must be {setting.Range}", error);
            }
        }

        return options;
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    private static string Text(PlannedFault fault) => $"{fault.Kind}:{Text(fault.Slot)}@{Text(fault.BeforeEvent)}";

    private static long Whole(string value, long from, long to)
    {
        var number = long.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture);
        return number >= from && number <= to ? number : throw new FormatException();
    }

    private static double Real(string value, double from, double to)
    {
        var number = double.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture);
        return number >= from && number <= to ? number : throw new FormatException();
    }

    private static int PowerOfTwo(string value, int to)
    {
        var number = (int)Whole(value, 1, to);
        return (number & (number - 1)) == 0 ? number : throw new FormatException();
    }

    private static bool YesOrNo(string value) => value switch
    {
        "yes" => true,
        "no" => false,
        _ => throw new FormatException(),
    };

    private static WrongBitsPolicy Policy(string name) =>
        Enum.TryParse<WrongBitsPolicy>(name, ignoreCase: true, out var policy) && Enum.IsDefined(policy) ? policy : throw new FormatException();

    private static SimulatedFault Kind(string name) =>
        Enum.TryParse<SimulatedFault>(name, out var kind) && Enum.IsDefined(kind) ? kind : throw new FormatException();

    private static PlannedFault Planned(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return colon > 0 && at > colon
            ? new PlannedFault(Kind(text[..colon]), Whole(text[(at + 1)..], 0, long.MaxValue), (int)Whole(text[(colon + 1)..at], 0, 64))
            : throw new FormatException();
    }

    private sealed record Setting(string Name, string Range, Func<SimulationOptions, string> Get, Func<SimulationOptions, string, SimulationOptions> Set);
}
