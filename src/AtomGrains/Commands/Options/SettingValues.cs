using System.Globalization;
using System.Net;
using AtomGrains.Core.Options;

namespace AtomGrains.Commands.Options;

/// <summary>
/// The one place of precedence: command line over environment over file over what a resumed run had over default. Reads values as what they
/// should be and collects an error for each that is not.
/// </summary>
public sealed class SettingValues
{
    private readonly Dictionary<Setting, GivenValue> _given;
    private readonly List<SettingError> _errors = [];

    /// <param name="commandLine">What stands on the command line.</param>
    /// <param name="environment">The value of an environment variable, or null.</param>
    /// <param name="defaults">Defaults that differ from <see cref="Setting.Default"/>, such as the demo's.</param>
    /// <param name="settings">What can be set; that of <c>train</c> unless given.</param>
    public SettingValues(
        IReadOnlyDictionary<Setting, GivenValue> commandLine,
        Func<string, string?> environment,
        IReadOnlyDictionary<Setting, string>? defaults = null,
        IReadOnlyList<Setting>? settings = null)
    {
        var all = settings ?? Settings.All;
        var variables = all
            .Select(setting => (setting, text: environment(setting.Variable)))
            .Where(entry => !string.IsNullOrEmpty(entry.text))
            .ToDictionary(entry => entry.setting, entry => new GivenValue(Split(entry.setting, entry.text!), entry.setting.Variable));
        var config = commandLine.GetValueOrDefault(Settings.Config) ?? variables.GetValueOrDefault(Settings.Config);
        var file = config is null ? new Dictionary<Setting, GivenValue>() : YamlSettings.Read(config.Text, all, _errors);
        var resumed = First(Settings.Resume)?.Text == "true" && First(Settings.Out) is { } folder
            ? SavedSettings.Read(folder.Text, _errors)
            : new Dictionary<Setting, GivenValue>();
        foreach (var secret in all.Where(setting => setting.IsSecret && (commandLine.ContainsKey(setting) || file.ContainsKey(setting))))
        {
            _errors.Add(new SettingError(secret.Flag, "", $"is a secret; must come from the environment, as {secret.Variable}", file.GetValueOrDefault(secret)?.Origin));
        }

        _given = [];
        foreach (var setting in all)
        {
            var standard = defaults?.GetValueOrDefault(setting) ?? setting.Default;
            if ((First(setting) ?? resumed.GetValueOrDefault(setting)) is { } value)
            {
                _given.Add(setting, value);
            }
            else if (standard is not null)
            {
                _given.Add(setting, new GivenValue([standard]));
            }
        }

        GivenValue? First(Setting setting) =>
            commandLine.GetValueOrDefault(setting) ?? variables.GetValueOrDefault(setting) ?? file.GetValueOrDefault(setting);
    }

    /// <summary>Everything that was wrong so far.</summary>
    public IReadOnlyList<SettingError> Errors => _errors;

    /// <summary>Where the values of settings came from that are not on the command line, by flag.</summary>
    public IReadOnlyDictionary<string, string> Origins =>
        _given.Where(entry => entry.Value.Origin is not null).ToDictionary(entry => entry.Key.Flag, entry => entry.Value.Origin!);

    public bool IsGiven(Setting setting) => _given.ContainsKey(setting);

    /// <summary>Whether what stands for it is what would stand there anyway.</summary>
    public bool IsDefault(Setting setting) => setting.Default is { } standard && Texts(setting) is [var text] && text == standard;

    /// <summary>The text; null when there is none or an empty one.</summary>
    public string? Text(Setting setting) =>
        _given.GetValueOrDefault(setting) is { Text: { Length: > 0 } text } ? text : null;

    public IReadOnlyList<string> Texts(Setting setting) => _given.GetValueOrDefault(setting)?.Texts ?? [];

    /// <summary>The text, or an error when there is none.</summary>
    public string Required(Setting setting)
    {
        if (Text(setting) is { } text)
        {
            return text;
        }

        _errors.Add(new SettingError(setting.Flag, "", $"must be given: {setting.ValueName}"));
        return "";
    }

    /// <summary>A whole number; 32-bit overflow is an error like any other.</summary>
    public int Count(Setting setting, int least, int most) => (int)Whole(setting, least, most, $" from {least} to {most}");

    /// <summary>A whole number whose range somebody else checks.</summary>
    /// <param name="allowed">That range in words, for a text that is no number.</param>
    public int Count(Setting setting, string allowed) => (int)Whole(setting, int.MinValue, int.MaxValue, $", {allowed}");

    /// <inheritdoc cref="Count(Setting, string)"/>
    public long Whole(Setting setting, string allowed) => Whole(setting, long.MinValue, long.MaxValue, $", {allowed}");

    private long Whole(Setting setting, long least, long most, string allowed)
    {
        return Read(setting, Parse, $"must be a whole number{allowed}", Math.Clamp(0, least, most));

        long? Parse(string text) =>
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            && value >= least && value <= most
                ? value
                : null;
    }

    public ulong Seed(Setting setting) => Read<ulong>(
        setting,
        text => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null,
        $"must be a whole number from 0 to {ulong.MaxValue}",
        0);

    /// <summary>A number whose range somebody else checks.</summary>
    /// <param name="allowed">That range in words, for a text that is no number.</param>
    public double Real(Setting setting, string allowed) => Read(setting, ParseReal, $"must be a number, {allowed}", 0);

    public bool Switch(Setting setting) => Read<bool>(
        setting, text => text switch { "true" => true, "false" => false, _ => null }, "must be true or false", false);

    public bool OnOff(Setting setting) => Read<bool>(
        setting, text => text switch { "on" => true, "off" => false, _ => null }, "must be on or off", false);

    public TimeSpan Seconds(Setting setting, double most) => Read<TimeSpan>(
        setting,
        text => ParseReal(text) is { } value && value > 0 && value <= most ? TimeSpan.FromSeconds(value) : null,
        $"must be seconds, above 0 and at most {most.ToString(CultureInfo.InvariantCulture)}",
        TimeSpan.FromSeconds(1));

    public TimeSpan Seconds(Setting setting, double least, double most) => Read<TimeSpan>(
        setting,
        text => ParseReal(text) is { } value && value >= least && value <= most ? TimeSpan.FromSeconds(value) : null,
        string.Create(CultureInfo.InvariantCulture, $"must be seconds, from {least} to {most}"),
        TimeSpan.FromSeconds(least));

    /// <summary>A size: a whole number with KB, MB, GB or TB of powers of 1000, KiB, MiB, GiB or TiB of powers of 1024, or of bytes without.</summary>
    /// <param name="example">For a setting whose default is none.</param>
    public long Bytes(Setting setting, long least, long most, string? example = null) => Read(
        setting,
        text => ByteSize.Parse(text) is { } bytes && bytes >= least && bytes <= most ? bytes : null,
        $"must be a size from {ByteSize.Of(least)} to {ByteSize.Of(most)}, such as {example ?? setting.Default}",
        least);

    public IPAddress Address(Setting setting)
    {
        var text = Text(setting) ?? "";
        if (IPAddress.TryParse(text, out var address))
        {
            return address;
        }

        Refuse(setting, text, "must be an IP address");
        return IPAddress.Loopback;
    }

    /// <summary>Adds errors found elsewhere, with where their values came from.</summary>
    public void Add(IEnumerable<SettingError> errors) => _errors.AddRange(WithOrigins(errors, Origins));

    public static IReadOnlyList<SettingError> WithOrigins(IEnumerable<SettingError> errors, IReadOnlyDictionary<string, string> origins) =>
        [.. errors.Select(error => error.Origin is null ? error with { Origin = origins.GetValueOrDefault(error.Setting) } : error)];

    private static double? ParseReal(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value
            : null;

    private static string[] Split(Setting setting, string text) =>
        setting.IsList ? text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [text];

    /// <returns>After an error the default, or <paramref name="otherwise"/> without one: a value that lets the rest be
    /// checked.</returns>
    private T Read<T>(Setting setting, Func<string, T?> parse, string wanted, T otherwise)
        where T : struct
    {
        var text = _given.GetValueOrDefault(setting)?.Text ?? throw new InvalidOperationException($"{setting.Flag} has no default");
        if (parse(text) is { } value)
        {
            return value;
        }

        Refuse(setting, text, wanted);
        return setting.Default is null ? otherwise : parse(setting.Default) ?? otherwise;
    }

    private void Refuse(Setting setting, string text, string wanted) =>
        _errors.Add(new SettingError(setting.Flag, text, wanted, _given.GetValueOrDefault(setting)?.Origin));
}
