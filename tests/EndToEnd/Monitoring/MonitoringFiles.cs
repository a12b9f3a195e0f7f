using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace AtomGrains.EndToEnd.Tests.Monitoring;

/// <summary>What an operator takes from <c>k8s/monitoring</c>.</summary>
internal static partial class MonitoringFiles
{
    private static readonly Lazy<string> PlainRules = new(ExtractRules);

    public static string Root { get; } = FindRoot();

    public static string Runbook { get; } = Read("RUNBOOK.md");

    public static string RuleTests { get; } = Read("rules.test.yaml");

    public static JsonNode Dashboard { get; } = JsonNode.Parse(Read("dashboard.json"))!;

    /// <summary>The rules as a Prometheus without the operator takes them, made by the runbook's own command.</summary>
    public static string Rules => PlainRules.Value;

    /// <summary>Every expression of the rules, and what it is recorded as or alerts of.</summary>
    public static IReadOnlyList<(string Name, bool IsAlert, string Expression)> RuleExpressions { get; } =
        [.. RulesOf(Parse(Read("prometheusrule.yaml"))["spec"]).Select(rule => rule.Children.ContainsKey("alert") ? (Text(rule, "alert"), true, Text(rule, "expr")) : (Text(rule, "record"), false, Text(rule, "expr")))];

    public static IReadOnlyList<string> Alerts { get; } = [.. RuleExpressions.Where(rule => rule.IsAlert).Select(rule => rule.Name)];

    /// <summary>Every query of the dashboard's panels and annotations, with the title that it stands under.</summary>
    public static IReadOnlyList<(string Title, string Expression)> DashboardQueries { get; } =
    [
        .. Dashboard["panels"]!.AsArray().SelectMany(panel => (panel!["targets"]?.AsArray() ?? []).Select(target => ((string)panel["title"]!, (string)target!["expr"]!))),
        .. Dashboard["annotations"]!["list"]!.AsArray().Select(annotation => ((string)annotation!["name"]!, (string)annotation["target"]!["expr"]!)),
    ];

    /// <summary>What the example of an autoscaler asks.</summary>
    public static string AutoscalerQuery { get; } = Assert.Single(
        File.ReadAllLines(Path.Combine(Root, "k8s", "examples", "autoscaling.yaml")), line => line.StartsWith("        query: ", StringComparison.Ordinal))["        query: ".Length..];

    /// <summary>Every query in the runbook.</summary>
    public static IReadOnlyList<string> RunbookQueries { get; } =
        [.. QueryBlock().Matches(Runbook).SelectMany(block => block.Groups["lines"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>A query of the dashboard with its variables filled in as Grafana does.</summary>
    /// <param name="range">The time that is shown.</param>
    public static string Fill(string query, string range) => query
        .Replace("$__rate_interval", "10s", StringComparison.Ordinal)
        .Replace("$__range", range, StringComparison.Ordinal)
        .Replace("$namespace", ".*", StringComparison.Ordinal)
        .Replace("$job", ".*", StringComparison.Ordinal)
        .Replace("$run", ".*", StringComparison.Ordinal)
        .Replace("$price", "2.5", StringComparison.Ordinal);

    private static string Read(string name) => File.ReadAllText(Path.Combine(Root, "k8s", "monitoring", name));

    /// <summary>The rules with another expression for every alert.</summary>
    public static string RulesWhoseAlertsAre(string expression)
    {
        var rules = Parse(Rules);
        foreach (var alert in RulesOf(rules).Where(rule => rule.Children.ContainsKey("alert")))
        {
            alert.Children["expr"] = new YamlScalarNode(expression);
        }

        using var text = new StringWriter();
        new YamlStream(new YamlDocument(rules)).Save(text, assignAnchors: false);
        return text.ToString();
    }

    private static YamlNode Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return Assert.Single(stream.Documents).RootNode;
    }

    private static IEnumerable<YamlMappingNode> RulesOf(YamlNode file) =>
        ((YamlSequenceNode)file["groups"]).SelectMany(group => (YamlSequenceNode)group["rules"]).Cast<YamlMappingNode>();

    private static string Text(YamlMappingNode rule, string name) => ((YamlScalarNode)rule[name]).Value!;

    private static string ExtractRules()
    {
        var command = Assert.Single(Runbook.Split('\n'), line => line.StartsWith("    sed ", StringComparison.Ordinal));
        var folder = Directory.CreateTempSubdirectory("atomgrains-rules-").FullName;
        try
        {
            using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", command.Replace("> ", $"> {folder}/", StringComparison.Ordinal)]) { WorkingDirectory = Root })!;
            shell.WaitForExit();
            Assert.Equal(0, shell.ExitCode);
            return File.ReadAllText(Assert.Single(Directory.GetFiles(folder)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "AtomGrains.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }

    [GeneratedRegex(@"```promql\n(?<lines>.*?)```", RegexOptions.Singleline)]
    private static partial Regex QueryBlock();
}
