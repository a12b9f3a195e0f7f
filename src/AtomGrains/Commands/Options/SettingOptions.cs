using System.CommandLine;

namespace AtomGrains.Commands.Options;

/// <summary>
/// Settings as options of a command. Values stay text here: they are read in one place, with those of the environment and
/// the file.
/// </summary>
internal static class SettingOptions
{
    public static IReadOnlyDictionary<Setting, Option> AddTo(Command command, IReadOnlyList<Setting> settings)
    {
        var options = settings.ToDictionary(setting => setting, OptionOf);
        foreach (var option in options.Values)
        {
            command.Options.Add(option);
        }

        return options;
    }

    /// <summary>What stands on the command line.</summary>
    public static IReadOnlyDictionary<Setting, GivenValue> Given(ParseResult parsed, IReadOnlyDictionary<Setting, Option> options)
    {
        var given = new Dictionary<Setting, GivenValue>();
        foreach (var (setting, option) in options)
        {
            if (parsed.GetResult(option) is { Implicit: false } result)
            {
                var texts = result.Tokens.Select(token => token.Value).ToArray();
                given.Add(setting, new GivenValue(texts.Length == 0 ? ["true"] : texts));
            }
        }

        return given;
    }

    private static Option OptionOf(Setting setting)
    {
        Option option = setting.IsList ? new Option<string[]>(setting.Flag) : new Option<string>(setting.Flag);
        option.Description = setting.Default is null ? setting.Help : $"{setting.Help} Default {setting.Default}.";
        option.HelpName = setting.ValueName;
        option.AllowMultipleArgumentsPerToken = setting.IsList;
        option.Arity = setting.IsSwitch ? ArgumentArity.ZeroOrOne : setting.IsList ? ArgumentArity.OneOrMore : ArgumentArity.ExactlyOne;
        return option;
    }
}
