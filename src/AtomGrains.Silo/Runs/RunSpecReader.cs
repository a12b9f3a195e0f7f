using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;

namespace AtomGrains.Silo.Runs;

/// <summary>
/// Reads the spec of a request: the settings of <c>train</c>, by the same reader, without those that say where and how a run
/// takes place. That is the silos' affair.
/// </summary>
internal static class RunSpecReader
{
    // As a file of settings; anything else was not meant.
    private const int MostCharacters = 1 << 20;

    private static readonly Setting[] NotForSilos =
    [
        Settings.Out, Settings.Config, Settings.Host, Settings.Listen, Settings.Port, Settings.MetricsPort, Settings.Store, Settings.Resume,
        Settings.AllowEnvironmentChange, Settings.Supervise, Settings.Grace, Settings.OrphanGrace, Settings.ProbeTimeout, Settings.MissedProbes, Settings.Fault, Settings.Report, Settings.Quiet,
    ];

    /// <exception cref="InvalidSettingsException">Everything that is wrong with it.</exception>
    public static RunNeeds Needs(RunRequest request)
    {
        var given = Parse(request);
        var kind = given.GetValueOrDefault(Settings.Device)?.Text ?? Settings.Device.Default!;

        // Without its data and on no device in particular: what is wrong with the rest is said at once.
        Options(given, "cpu", Path.GetTempPath());
        return new RunNeeds(kind, given.GetValueOrDefault(Settings.Job)?.Text);
    }

    /// <param name="device">On which the engine is asked.</param>
    /// <param name="folder">Where the run's folder is made.</param>
    /// <exception cref="InvalidSettingsException">Everything that is wrong with it.</exception>
    public static TrainOptions Options(RunRequest request, string device, string folder) => Options(Parse(request), device, folder);

    /// <summary>
    /// Whoever may start a run need not be let read whatever silos can: their keys and certificates, say. What links in the folder
    /// lead to is the affair of who put them there.
    /// </summary>
    /// <param name="folder">Absolute; null for anywhere.</param>
    /// <exception cref="InvalidSettingsException">The run's data do not lie in it.</exception>
    public static void RefuseDataOutside(string? folder, RunRequest request)
    {
        if (folder is null || Parse(request).GetValueOrDefault(Settings.Data) is not { } data)
        {
            return;
        }

        // Up from where a link leads is not up from where it lies.
        if (Parts(data.Text).Contains("..") || Parts(Path.GetRelativePath(folder, data.Text))[0] == "..")
        {
            throw new InvalidSettingsException(new SettingError(Settings.Data.Flag, data.Text, $"must lie in {folder}, which has the data of these silos' runs", data.Origin));
        }
    }

    /// <summary>What a run was made with.</summary>
    /// <param name="device">On which the engine is asked, where it is.</param>
    /// <exception cref="InvalidSettingsException">The folder's own settings cannot be read.</exception>
    public static TrainOptions Saved(string folder, string device = "cpu") => TrainOptionsReader.Read(
        new SettingValues(new Dictionary<Setting, GivenValue> { [Settings.Resume] = new(["true"]), [Settings.Out] = new([folder]), [Settings.Device] = new([device]) }, _ => null),
        dataRequired: false);

    private static TrainOptions Options(IReadOnlyDictionary<Setting, GivenValue> given, string device, string folder) => TrainOptionsReader.Read(
        new SettingValues(new Dictionary<Setting, GivenValue>(given) { [Settings.Device] = new([device]), [Settings.Out] = new([folder]) }, _ => null), dataRequired: true);

    private static string[] Parts(string path) => path.Split(Path.DirectorySeparatorChar);

    private static IReadOnlyDictionary<Setting, GivenValue> Parse(RunRequest request)
    {
        if (request.Spec.Length > MostCharacters)
        {
            throw new InvalidSettingsException(new SettingError("--spec", request.SpecName, $"must have at most {MostCharacters} characters"));
        }

        var errors = new List<SettingError>();
        var given = YamlSettings.Parse(request.SpecName, request.Spec, Settings.All, errors);
        errors.AddRange(NotForSilos.Where(given.ContainsKey).Select(setting => new SettingError(
            setting.Flag, given[setting].Text, "is not a setting of a run on standing silos", given[setting].Origin)));
        if (given.GetValueOrDefault(Settings.Device) is { Text: not ("cpu" or "cuda") } device)
        {
            errors.Add(new SettingError(Settings.Device.Flag, device.Text, "must be cpu or cuda: which of them, is the silos' affair", device.Origin));
        }

        return errors.Count == 0 ? given : throw new InvalidSettingsException(errors);
    }
}
