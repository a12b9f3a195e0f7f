using AtomGrains.Core.Options;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace AtomGrains.Commands.Options;

/// <summary>
/// The <c>--config</c> file: one YAML mapping from setting names to values. All that is wrong with it is said at
/// once, with line numbers.
/// </summary>
public static class YamlSettings
{
    /// <summary>A file of settings is small; anything else was not meant.</summary>
    private const long MostBytes = 1 << 20;

    public static IReadOnlyDictionary<Setting, GivenValue> Read(string path, ICollection<SettingError> errors)
    {
        try
        {
            if (new FileInfo(path).Length > MostBytes)
            {
                errors.Add(new SettingError(Settings.Config.Flag, path, $"must be at most {MostBytes} bytes"));
                return new Dictionary<Setting, GivenValue>();
            }

            return Parse(Path.GetFileName(path), File.ReadAllText(path), errors);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            errors.Add(new SettingError(Settings.Config.Flag, path, $"must be a YAML file that can be read: {error.Message}"));
            return new Dictionary<Setting, GivenValue>();
        }
    }

    internal static IReadOnlyDictionary<Setting, GivenValue> Parse(string name, string yaml, ICollection<SettingError> errors)
    {
        var values = new Dictionary<Setting, GivenValue>();
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException error)
        {
            var cause = error.InnerException?.Message ?? error.Message;
            errors.Add(new SettingError(Settings.Config.Flag, name, $"line {error.Start.Line}: {cause.ReplaceLineEndings(" ")}"));
            return values;
        }

        if (stream.Documents.Count == 0)
        {
            return values;
        }

        if (stream.Documents.Count > 1 || stream.Documents[0].RootNode is not YamlMappingNode root)
        {
            errors.Add(new SettingError(Settings.Config.Flag, name, "must be one mapping of 'name: value' lines"));
            return values;
        }

        foreach (var (key, value) in root.Children)
        {
            ReadEntry(name, key, value, values, errors);
        }

        return values;
    }

    private static void ReadEntry(
        string name, YamlNode key, YamlNode value, Dictionary<Setting, GivenValue> values, ICollection<SettingError> errors)
    {
        var given = (key as YamlScalarNode)?.Value ?? "";
        var origin = $"{name} line {key.Start.Line}";
        var setting = Settings.All.FirstOrDefault(candidate => candidate.Name == given && candidate != Settings.Config);
        if (setting is null)
        {
            errors.Add(new SettingError(given, "", $"unknown setting; {Nearest(given)}", origin));
            return;
        }

        if (Texts(setting, value) is { } texts)
        {
            values.Add(setting, new GivenValue(texts, origin));
            return;
        }

        errors.Add(new SettingError(setting.Flag, "", setting.IsList ? "must be a value or a list of values" : "must be one value", origin));
    }

    private static string[]? Texts(Setting setting, YamlNode value) => value switch
    {
        YamlScalarNode { Value: { Length: > 0 } text } => [text],
        YamlSequenceNode list when setting.IsList && list.All(item => item is YamlScalarNode { Value.Length: > 0 }) =>
            [.. list.Select(item => ((YamlScalarNode)item).Value!)],
        _ => null,
    };

    /// <summary>The name that was probably meant: the one with the fewest edits, if those are few.</summary>
    private static string Nearest(string given)
    {
        var normal = given.Replace('_', '-').ToLowerInvariant();
        var nearest = Settings.All.Where(setting => setting != Settings.Config).MinBy(setting => Edits(normal, setting.Name))!;
        return Edits(normal, nearest.Name) <= 2 ? $"did you mean {nearest.Name}?" : "names are those of the command line, without dashes in front";
    }

    private static int Edits(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var substitution = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
