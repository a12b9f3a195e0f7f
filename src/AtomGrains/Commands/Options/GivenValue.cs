namespace AtomGrains.Commands.Options;

/// <summary>What was given for a setting, as text.</summary>
/// <param name="Texts">One text, or several for a list.</param>
/// <param name="Origin">Where it comes from, such as <c>run.yaml line 7</c>; null for the command line and for
/// defaults.</param>
public sealed record GivenValue(IReadOnlyList<string> Texts, string? Origin = null)
{
    public string Text => Texts[^1];
}
