using System.CommandLine;
using AtomGrains.Commands;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;

namespace AtomGrains.Silo.Standing;

/// <summary><c>silo</c> with settings: a silo that stands whether there is a run or not.</summary>
internal static class StandingCommand
{
    /// <param name="arguments">Behind the command's name.</param>
    /// <returns>The exit code: that of bad input with a line for each mistake, before anything was begun.</returns>
    public static int Run(IReadOnlyList<string> arguments, JobRegistry jobs)
    {
        var silo = new Command(AtomGrainsHost.SiloCommand, "A silo that stands for itself: it joins its cluster, offers its devices to runs, and hands over when it is asked to end.");
        var options = SettingOptions.AddTo(silo, SiloKeys.All);
        silo.SetAction(parsed => Start(new SettingValues(SettingOptions.Given(parsed, options), Environment.GetEnvironmentVariable, settings: SiloKeys.All), jobs));
        var parsed = new RootCommand { silo }.Parse([silo.Name, .. arguments]);
        if (parsed.Errors.Count > 0)
        {
            return Refuse(parsed.Errors.Select(error => error.Message));
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (InvalidSettingsException error)
        {
            return Refuse(error.Errors.Select(one => one.ToString()));
        }
    }

    private static int Start(SettingValues values, JobRegistry jobs)
    {
        StoreAccess.Pass(values);
        var settings = SiloSettingsReader.Read(values);
        StoreProbe.RefuseWhatIsClosed(settings.Store);
        return StandingSilo.Run(settings, jobs);
    }

    private static int Refuse(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            Console.Error.WriteLine($"error: silo: {line.ReplaceLineEndings(" ")}");
        }

        return CommandLine.BadInput;
    }
}
