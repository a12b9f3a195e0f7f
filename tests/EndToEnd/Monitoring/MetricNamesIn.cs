using System.Text.RegularExpressions;

namespace AtomGrains.EndToEnd.Tests.Monitoring;

/// <summary>Which metrics a PromQL expression asks for.</summary>
internal static partial class MetricNamesIn
{
    private static readonly HashSet<string> Words = ["and", "or", "unless", "on", "ignoring", "by", "without", "bool", "offset", "group_left", "group_right"];

    public static IEnumerable<string> Expression(string expression) =>
        Name().Matches(Labels().Replace(Selector().Replace(expression, ""), "")).Select(name => name.Value).Where(name => !Words.Contains(name)).Distinct();

    // Matchers, whose values may hold anything but a brace; windows.
    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]|""[^""]*""")]
    private static partial Regex Selector();

    [GeneratedRegex(@"\b(by|on|ignoring|without) ?\([^)]*\)")]
    private static partial Regex Labels();

    // No function, and no number such as 30m.
    [GeneratedRegex(@"(?<![\w.$])[a-zA-Z_:][\w:]*(?!\s*\()(?![\w:])")]
    private static partial Regex Name();
}
