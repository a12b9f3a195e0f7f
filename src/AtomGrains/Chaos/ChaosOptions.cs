using System.Globalization;
using AtomGrains.Chaos.Machine;
using AtomGrains.Chaos.Plans;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;

namespace AtomGrains.Chaos;

/// <summary>What <c>atom chaos</c> was asked for.</summary>
/// <param name="Time">No plan begins later.</param>
/// <param name="Number">The one plan that is to be repeated; null for as many as there is time for.</param>
/// <param name="Folder">New or empty.</param>
/// <param name="Bounds">With the kinds that can be injected on this machine.</param>
/// <param name="Left">Those that cannot, with the reason.</param>
internal sealed record ChaosOptions(
    TimeSpan Time, ulong Seed, int? Number, ChaosBounds Bounds, string Folder, IReadOnlyList<(ChaosKind Kind, string Reason)> Left)
{
    public const string MinutesFlag = "--minutes";
    public const string SeedFlag = "--seed";
    public const string PlanFlag = "--plan";
    public const string WorkersFlag = "--workers";
    public const string OutFlag = "--out";

    private const int MostWorkersOfAll = 16;
    private const int DefaultWorkers = 6;
    private const double DefaultMinutes = 10;
    private const double MostMinutes = 7 * 24 * 60;

    /// <summary>Each value as it was given, or null.</summary>
    /// <exception cref="InvalidSettingsException">Everything that is wrong.</exception>
    public static ChaosOptions Read(string? minutes, string? seed, string? plan, string? workers, string? folder, string? only, string? host, DateTimeOffset now)
    {
        var errors = new List<SettingError>();
        var time = Parsed(minutes, MinutesFlag, DefaultMinutes, "must be above 0 and up to 10080 minutes", text => double.Parse(text, CultureInfo.InvariantCulture), value => value is > 0 and <= MostMinutes, errors);
        var seeded = Parsed(seed, SeedFlag, (ulong)now.ToUnixTimeSeconds(), "must be a whole number from 0", text => ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture), _ => true, errors);
        var number = Parsed(plan, PlanFlag, 0, "must be the number of a plan, from 0", text => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture), _ => true, errors);
        var most = Parsed(workers, WorkersFlag, DefaultWorkers, $"must be from 2 to {MostWorkersOfAll}", text => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture), value => value is >= 2 and <= MostWorkersOfAll, errors);
        var of = Host(host, errors);
        var asked = ChaosKinds.On(of);
        try
        {
            asked = only is null ? asked : ChaosKinds.Parse(only);
        }
        catch (InvalidSettingsException wrong)
        {
            errors.AddRange(wrong.Errors);
        }

        var left = asked.Select(kind => (Kind: kind, Reason: ChaosMachine.Missing(kind, of)!)).Where(entry => entry.Reason is not null).ToList();
        errors.AddRange(only is null ? [] : left.Select(entry => new SettingError(ChaosKinds.Setting, ChaosKinds.NameOf(entry.Kind), entry.Reason)));
        var at = folder ?? $"runs/chaos-{now.UtcDateTime:yyyyMMdd-HHmmss}";
        if (File.Exists(at) || (Directory.Exists(at) && Directory.EnumerateFileSystemEntries(at).Any()))
        {
            errors.Add(new SettingError(OutFlag, at, "must be a new or empty folder"));
        }

        return errors.Count == 0
            ? new ChaosOptions(TimeSpan.FromMinutes(time), seeded, plan is null ? null : number, new ChaosBounds(of, [.. asked.Where(kind => left.All(entry => entry.Kind != kind))], most), at, left)
            : throw new InvalidSettingsException(errors);
    }

    /// <summary>The command line that repeats a plan exactly, on any machine that can inject its kinds.</summary>
    public string Repeats(ChaosPlan plan)
    {
        var (on, kinds, most) = Bounds;
        var host = on == TrainOptions.LocalHost ? "" : $" {Settings.Host.Flag} {on}";
        var workers = most == DefaultWorkers ? "" : FormattableString.Invariant($" {WorkersFlag} {most}");
        var only = kinds.Count == ChaosKinds.On(on).Count ? "" : $" {ChaosKinds.Setting} {string.Join(',', kinds.Select(ChaosKinds.NameOf))}";
        return FormattableString.Invariant($"./atom chaos{host} {SeedFlag} {plan.Seed} {PlanFlag} {plan.Number}{workers}{only}");
    }

    private static string Host(string? text, List<SettingError> errors)
    {
        if (text is null or TrainOptions.LocalHost)
        {
            return TrainOptions.LocalHost;
        }

        var reason = text != TrainOptions.OrleansHost ? $"must be {TrainOptions.LocalHost} or {TrainOptions.OrleansHost}" : ClusterHosts.Find() is null ? ClusterHosts.Missing : null;
        errors.AddRange(reason is null ? [] : [new SettingError(Settings.Host.Flag, text, reason)]);
        return text;
    }

    private static T Parsed<T>(string? text, string flag, T unlessGiven, string range, Func<string, T> parse, Predicate<T> isAllowed, List<SettingError> errors)
    {
        if (text is null)
        {
            return unlessGiven;
        }

        try
        {
            if (parse(text) is { } value && isAllowed(value))
            {
                return value;
            }
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            // Said below, as for a number that is out of range.
        }

        errors.Add(new SettingError(flag, text, range));
        return unlessGiven;
    }
}
