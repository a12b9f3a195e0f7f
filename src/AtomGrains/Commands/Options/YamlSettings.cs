using AtomGrains.Core.Options;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace AtomGrains.Commands.Options;

/// <summary>
/// The <c>--config</c> file: one YAML mapping from setting names to values. All that is wrong with it is said at
/// once, with line numbers.
/// </summary>
public static class YamlSettings
{
    /// <summary>A file of settings is small; anything else was not meant.</summary>
    private const long MostBytes = 1 << 20;

    /// <param name="settings">Those that the file may have.</param>
    public static IReadOnlyDictionary<Setting, GivenValue> Read(string path, IReadOnlyList<Setting> settings, ICollection<SettingError> errors)
    {
        try
        {
            if (new FileInfo(path).Length > MostBytes)
            {
                errors.Add(new SettingError(Settings.Config.Flag, path, $"must be at most {MostBytes} bytes"));
                return new Dictionary<Setting, GivenValue>();
            }

            return Parse(Path.GetFileName(path), File.ReadAllText(path), settings, errors);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            errors.Add(new SettingError(Settings.Config.Flag, path,
                $"must be a YAML file that can be read: {error.Message}"));
            return new Dictionary<Setting, GivenValue>();
        }
    }

    internal static IReadOnlyDictionary<Setting, GivenValue> Parse(
        string name, string yaml, IReadOnlyList<Setting> settings, ICollection<SettingError> errors)
    {
        var values = new Dictionary<Setting, GivenValue>();
        try
        {
            // Events instead of a document: a document refuses a repeated key as a whole, and hides the other errors.
            var parser = new Parser(new StringReader(yaml));
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                return values;
            }

            parser.Consume<DocumentStart>();
            if (!parser.TryConsume<MappingStart>(out _))
            {
                errors.Add(new SettingError(Settings.Config.Flag, name, "must be one mapping of 'name: value' lines"));
                return values;
            }

            while (!parser.TryConsume<MappingEnd>(out _))
            {
                ReadEntry(name, parser, settings, values, errors);
            }

            parser.Consume<DocumentEnd>();
            parser.Consume<StreamEnd>();
        }
        catch (YamlException error)
        {
            errors.Add(new SettingError(Settings.Config.Flag, name,
                $"line {error.Start.Line}: {error.Message.ReplaceLineEndings(" ")}"));
        }

        return values;
    }

    private static void ReadEntry(
        string name, Parser parser, IReadOnlyList<Setting> settings, Dictionary<Setting, GivenValue> values, ICollection<SettingError> errors)
    {
        var origin = $"{name} line {parser.Current!.Start.Line}";
        var key = parser.TryConsume<Scalar>(out var scalar) ? scalar.Value : null;
        if (key is null)
        {
            parser.SkipThisAndNestedEvents();
        }

        var texts = ReadTexts(parser, out var isList);
        var setting = settings.FirstOrDefault(candidate => candidate.Name == key && candidate != Settings.Config);
        if (setting is null)
        {
            errors.Add(new SettingError(key ?? "a key", "", $"unknown setting; {Nearest(key ?? "", settings)}", origin));
        }
        else if (texts is null || (isList && !setting.IsList))
        {
            var wanted = setting.IsList ? "must be a value or a list of values" : "must be one value";
            errors.Add(new SettingError(setting.Flag, "", wanted, origin));
        }
        else if (!values.TryAdd(setting, new GivenValue(texts, origin)))
        {
            errors.Add(new SettingError(setting.Flag, string.Join(' ', texts),
                $"is set twice; first on {values[setting].Origin}", origin));
        }
    }

    /// <returns>The value's texts, or null when it is empty, or made of anything but texts.</returns>
    private static string[]? ReadTexts(Parser parser, out bool isList)
    {
        isList = parser.Accept<SequenceStart>(out _);
        if (!isList)
        {
            return ReadText(parser) is { } one ? [one] : null;
        }

        parser.Consume<SequenceStart>();
        var texts = new List<string?>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            texts.Add(ReadText(parser));
        }

        return texts.Contains(null) ? null : [.. texts.OfType<string>()];
    }

    private static string? ReadText(Parser parser)
    {
        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return scalar.Value.Length == 0 ? null : scalar.Value;
        }

        parser.SkipThisAndNestedEvents();
        return null;
    }

    /// <summary>The name that was probably meant: the one with the fewest edits, if those are few.</summary>
    private static string Nearest(string given, IReadOnlyList<Setting> settings)
    {
        var normal = given.Replace('_', '-').ToLowerInvariant();
        var nearest = settings.Where(setting => setting != Settings.Config).MinBy(setting => Edits(normal, setting.Name))!;
        return Edits(normal, nearest.Name) <= Math.Min(2, given.Length / 2)
            ? $"did you mean {nearest.Name}?"
            : "names are those of the command line, without dashes in front";
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
