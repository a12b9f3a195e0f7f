using System.Diagnostics;
using AtomGrains.Chaos;
using AtomGrains.Chaos.Machine;
using AtomGrains.Chaos.Plans;
using AtomGrains.Chaos.Runs;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;
using AtomGrains.Local;

namespace AtomGrains.Commands;

/// <summary>
/// <c>atom chaos</c>: seeded random plans of faults over real runs of this very program, each checked against the
/// invariants and the undisturbed run; until the time is over, somebody asks it to end, or of one plan that is repeated.
/// </summary>
internal static class ChaosCommand
{
    private const int Broken = 1;

    private static ChaosMachine Machine(string folder)
    {
        try
        {
            return new ChaosMachine(folder, arguments => OwnProgram.StartInfo([.. arguments]));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidSettingsException(new SettingError(Settings.Out.Flag, folder, error.Message));
        }
    }

    /// <returns>0 when every plan held, 1 when one broke an invariant.</returns>
    public static int Run(ChaosOptions options, TextWriter output, CancellationToken cancellation)
    {
        var summary = new ChaosSummary();
        using (var machine = Machine(options.Folder))
        {
            var suite = new ChaosSuite(machine, options.Seed, options.Bounds);
            output.WriteLine(FormattableString.Invariant($"seed {options.Seed}, {options.Bounds.Kinds.Count} kinds, {(options.Bounds.Host == TrainOptions.OrleansHost ? "silos" : "worlds")} of up to {options.Bounds.MostWorkers} workers, in {machine.Folder}"));
            try
            {
                var started = Stopwatch.GetTimestamp();
                for (var number = options.Number ?? 0; number == (options.Number ?? number) && Stopwatch.GetElapsedTime(started) < options.Time; number++)
                {
                    var plan = suite.Plan(number);
                    output.WriteLine($"plan {number}: {plan}");
                    var outcome = suite.Run(plan, cancellation);
                    summary.Add(outcome);
                    Tell(outcome, suite.FolderOf(plan), options, output);
                }
            }
            catch (OperationCanceledException)
            {
                output.WriteLine("ended on request: the plan under way does not count");
            }
            catch (IOException error)
            {
                output.WriteLine($"stopped: {error.Message}");
                summary.Write(output, options.Bounds.Kinds, options.Left);
                return Broken;
            }
        }

        summary.Write(output, options.Bounds.Kinds, options.Left);
        if (summary.Broken > 0)
        {
            return Broken;
        }

        // Nothing is left that anybody would want to look at.
        Directory.Delete(options.Folder, recursive: true);
        return 0;
    }

    private static void Tell(PlanOutcome outcome, string folder, ChaosOptions options, TextWriter output)
    {
        var missed = outcome.Missed.Count == 0 ? "" : $"; no occasion for {string.Join("; ", outcome.Missed)}";
        output.WriteLine(FormattableString.Invariant($"plan {outcome.Plan.Number} of seed {outcome.Plan.Seed}: {(outcome.Holds ? "holds" : "BROKEN")}, {outcome.Took.TotalSeconds:F1} s, struck {string.Join(", ", outcome.Struck.Select(fault => ChaosKinds.NameOf(fault.Strike.Kind)))}{missed}"));
        foreach (var violation in outcome.Violations)
        {
            output.WriteLine($"  {violation}");
        }

        if (!outcome.Holds)
        {
            output.WriteLine($"  kept in {folder}\n  repeat it: {options.Repeats(outcome.Plan)}");
        }
    }
}
