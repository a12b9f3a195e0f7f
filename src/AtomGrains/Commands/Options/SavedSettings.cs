using System.Text.Json;
using System.Text.Json.Serialization;
using AtomGrains.Core.Options;
using AtomGrains.Node.Storage;

namespace AtomGrains.Commands.Options;

/// <summary>
/// <c>settings.json</c> of a run folder: what its command was given, so that <c>--resume</c> needs no more than the folder.
/// On a resume it ranks below the command line, the environment and the file, and above the defaults.
/// </summary>
internal static class SavedSettings
{
    public const string FileName = RunFolder.SettingsFileName;

    // The folder says itself where it is; its text is in it; and what is asked of one command is not asked of the next.
    private static readonly Setting[] NotKept = [Settings.Data, Settings.Out, Settings.Config, Settings.Resume, Settings.AllowEnvironmentChange, Settings.Supervise, Settings.Quiet];

    /// <summary>What is worth keeping of what was given; paths are made absolute.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Of(SettingValues values) => Settings.All
        .Where(setting => !NotKept.Contains(setting) && values.IsGiven(setting) && !values.IsDefault(setting))
        .ToDictionary(setting => setting.Name, setting => Kept(setting, values));

    private static IReadOnlyList<string> Kept(Setting setting, SettingValues values) => setting == Settings.Report ? [Path.GetFullPath(values.Text(setting)!)]
        : setting == Settings.Store ? [CheckpointSettings.Absolute(values.Text(setting)!)]
        : values.Texts(setting);

    public static void Write(string folder, IReadOnlyDictionary<string, IReadOnlyList<string>> given) =>
        DurableFile.Write(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(given, SavedSettingsJson.Default.IReadOnlyDictionaryStringIReadOnlyListString));

    /// <summary>Nothing where there is no such file; who resumes a folder without a run is told so later.</summary>
    public static IReadOnlyDictionary<Setting, GivenValue> Read(string folder, ICollection<SettingError> errors)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            var saved = File.Exists(path)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(path), SavedSettingsJson.Default.IReadOnlyDictionaryStringIReadOnlyListString)!
                : new Dictionary<string, IReadOnlyList<string>>();
            return Settings.All.Where(setting => saved.ContainsKey(setting.Name))
                .ToDictionary(setting => setting, setting => new GivenValue(saved[setting.Name], FileName));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            errors.Add(new SettingError(Settings.Out.Flag, folder, $"{FileName}: {error.Message}"));
            return new Dictionary<Setting, GivenValue>();
        }
    }
}

[JsonSerializable(typeof(IReadOnlyDictionary<string, IReadOnlyList<string>>))]
internal sealed partial class SavedSettingsJson : JsonSerializerContext;
