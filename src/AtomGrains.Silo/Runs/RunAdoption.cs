using AtomGrains.Commands;
using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.Silo.Runs;

/// <summary>
/// Gives a run of which nothing lives to this silo's build and machine, as <c>train --resume --allow-environment-change</c>
/// does on one: what decides bits besides the spec changes, the spec and the parameters' number do not. The record keeps what
/// the run was computed by before.
/// </summary>
internal static class RunAdoption
{
    /// <returns>What is new about it, in words; null when nothing is.</returns>
    /// <exception cref="InvalidSettingsException">It is another run here.</exception>
    /// <exception cref="IOException">The folder cannot be read or written.</exception>
    public static string? Adopt(string name, string folder, string device, JobRegistry jobs)
    {
        var existing = RunRecord.Read(folder) ?? throw new InvalidSettingsException(new SettingError("run", name, "is gone"));
        var here = RunStart.Of(RunSpecReader.Saved(folder, device), jobs).Record;
        var differences = RunSpecIdentity.Differences(existing.Spec, here.Spec with { Partitions = existing.Spec.Partitions })
            .Select(field => (field.Item1, field.Item2, field.Item3)).Append(("parameters", $"{existing.Elements}", $"{here.Elements}")).Where(field => field.Item2 != field.Item3);
        if (differences.ToList() is { Count: > 0 } others)
        {
            throw new InvalidSettingsException(new SettingError(
                "run", name, $"is another run with the silos' build ({string.Join(", ", others.Select(field => $"{field.Item1} is {field.Item2} there and {field.Item3} here"))}); must be a new one"));
        }

        string[] changes = [.. Change("program", existing.Program, here.Program), .. Change("bits_class", existing.BitsClass, here.BitsClass)];
        if (changes.Length == 0)
        {
            return null;
        }

        var metrics = Path.Combine(folder, RunFolder.MetricsFileName);
        var steps = (File.Exists(metrics) ? JsonLines.Last(metrics, StorageJson.Default.MetricsLine)?.Step ?? -1 : -1) + 1;
        var former = new FormerEnvironment(existing.Program, existing.BitsClass, existing.Versions, DateTimeOffset.UtcNow, steps);
        (existing.GoingOnAs(here with { Spec = existing.Spec }) with { Formerly = [.. existing.Formerly ?? [], former] }).Write(folder);
        return string.Join(", ", changes);
    }

    private static IEnumerable<string> Change(string what, string? before, string? now) => before == now ? [] : [$"{what} was {before} and is {now}"];
}
