using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http;
using System.Text.Json.Nodes;
using AtomGrains.Node.Transport;

namespace AtomGrains.EndToEnd.Tests.Telemetry;

/// <summary>A real Prometheus that scrapes pages five times a second, and looks at its rules twice, in a folder that goes with it.</summary>
internal sealed class PrometheusProcess : IDisposable
{
    private const string Variable = "ATOMGRAINS_PROMETHEUS";

    private readonly string _home = Directory.CreateTempSubdirectory("atomgrains-prometheus-").FullName;
    private readonly HttpClient _client = new();
    private readonly Process _process;
    private readonly int _port = FreePort.On(IPAddress.Loopback);

    /// <param name="target">Host and port of its one page.</param>
    /// <param name="rules">A file of rules, as text; null for none.</param>
    public PrometheusProcess(string target, string? rules = null)
        : this([$"{{targets: ['{target}']}}"], rules)
    {
    }

    private PrometheusProcess(IEnumerable<string> targets, string? rules)
    {
        var configuration = Path.Combine(_home, "prometheus.yml");
        File.WriteAllText(Path.Combine(_home, "rules.yml"), rules ?? "groups: []");
        File.WriteAllText(configuration, $$"""
            global: {scrape_interval: 200ms, evaluation_interval: 500ms}
            rule_files: [rules.yml]
            scrape_configs: [{job_name: atomgrains, static_configs: [{{string.Join(", ", targets)}}]}]
            """);
        _process = Start(
            "prometheus", $"--config.file={configuration}", $"--storage.tsdb.path={_home}/data", $"--web.listen-address=127.0.0.1:{_port}", "--log.level=error");
        _process.StandardInput.Close();
    }

    /// <summary>Where prometheus and promtool are; null where <c>./atom test</c> could have none.</summary>
    public static string? Folder => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : null;

    /// <summary>One that scrapes pods, and gives their series the labels that the operator gives them.</summary>
    /// <param name="pods">Host and port of each one's page, by its name.</param>
    public static PrometheusProcess OfPods(IEnumerable<KeyValuePair<string, string>> pods, string rules) =>
        new(pods.Select(pod => $"{{targets: ['{pod.Value}'], labels: {{namespace: atomgrains, pod: {pod.Key}}}}}"), rules);

    /// <summary>The value of an instant query that has one; null while it has none.</summary>
    public async Task<double?> Ask(string query)
    {
        var values = await Results($"query?query={Uri.EscapeDataString(query)}");
        return values.Count == 0 ? null : Number(Assert.Single(values)!["value"]!);
    }

    /// <summary>Names of the alerts in a state (<c>pending</c>, <c>firing</c>) now.</summary>
    public async Task<IReadOnlySet<string>> Alerts(string state) =>
        (await Results($"query?query={Uri.EscapeDataString($"ALERTS{{alertstate=\"{state}\"}}")}")).Select(alert => (string)alert!["metric"]!["alertname"]!).ToHashSet();

    /// <summary>Every value of every series of a query, second by second, from a time until now.</summary>
    /// <exception cref="HttpRequestException">Prometheus does not understand it.</exception>
    public async Task<IReadOnlyList<double>> Values(string query, DateTimeOffset from)
    {
        var range = string.Create(CultureInfo.InvariantCulture, $"start={from.ToUnixTimeSeconds()}&end={DateTimeOffset.UtcNow.ToUnixTimeSeconds()}&step=1");
        var answer = await _client.GetStringAsync($"http://127.0.0.1:{_port}/api/v1/query_range?query={Uri.EscapeDataString(query)}&{range}");
        return [.. JsonNode.Parse(answer)!["data"]!["result"]!.AsArray().SelectMany(series => series!["values"]!.AsArray()).Select(value => Number(value!))];
    }

    /// <summary>What promtool says about a page; empty when it is content.</summary>
    public static Task<string> Check(string page) => Promtool(page, "check", "metrics");

    /// <summary>What promtool says; <c>exit code N: </c> before it when it is not content.</summary>
    /// <param name="input">What it reads.</param>
    public static async Task<string> Promtool(string input, params string[] arguments)
    {
        using var tool = Start("promtool", arguments);
        await tool.StandardInput.WriteAsync(input);
        tool.StandardInput.Close();
        var said = await tool.StandardOutput.ReadToEndAsync() + await tool.StandardError.ReadToEndAsync();
        await tool.WaitForExitAsync();
        return tool.ExitCode == 0 ? said : $"exit code {tool.ExitCode}: {said}";
    }

    public void Dispose()
    {
        _client.Dispose();
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_home, recursive: true);
    }

    // None while it cannot answer yet.
    private async Task<JsonArray> Results(string request)
    {
        try
        {
            return JsonNode.Parse(await _client.GetStringAsync($"http://127.0.0.1:{_port}/api/v1/{request}"))!["data"]!["result"]!.AsArray();
        }
        catch (HttpRequestException)
        {
            Assert.False(_process.HasExited, "Prometheus ended");
            return [];
        }
    }

    // A time and a value.
    private static double Number(JsonNode sample) => (string)sample[1]! switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        var text => double.Parse(text, CultureInfo.InvariantCulture),
    };

    private static Process Start(string program, params string[] arguments) => Process.Start(new ProcessStartInfo(Path.Combine(Folder!, program), arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = program == "promtool",
        RedirectStandardError = program == "promtool",
    })!;
}
