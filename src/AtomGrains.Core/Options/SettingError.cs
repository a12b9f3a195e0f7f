namespace AtomGrains.Core.Options;

/// <summary>One value that cannot be used, in the words of the person who set it.</summary>
/// <param name="Setting">The command line's name of the setting, such as <c>--lanes</c>.</param>
/// <param name="Value">What was given.</param>
/// <param name="Allowed">What may be given instead, or what is wrong, without a full stop.</param>
/// <param name="Origin">Where the value came from, when not from the command line, such as <c>run.yaml line
/// 7</c>.</param>
public sealed record SettingError(string Setting, string Value, string Allowed, string? Origin = null)
{
    /// <summary>One line: what the command line prints.</summary>
    public override string ToString()
    {
        var given = Value.Length == 0 ? Setting : $"{Setting} {OneLine(Value)}";
        return Origin is null ? $"{given}: {Allowed}" : $"{given} ({Origin}): {Allowed}";
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
