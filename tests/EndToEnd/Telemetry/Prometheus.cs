using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace AtomGrains.EndToEnd.Tests.Telemetry;

/// <summary>A real Prometheus that scrapes one page five times a second, in a folder that goes with it.</summary>
internal sealed class Prometheus : IDisposable
{
    private const string Variable = "ATOMGRAINS_PROMETHEUS";

    private readonly string _home = Directory.CreateTempSubdirectory("atomgrains-prometheus-").FullName;
    private readonly HttpClient _client = new();
    private readonly Process _process;
    private readonly int _port = FreePort();

    /// <param name="target">Host and port of the page.</param>
    public Prometheus(string target)
    {
        var configuration = Path.Combine(_home, "prometheus.yml");
        File.WriteAllText(configuration, $"global: {{scrape_interval: 200ms}}\nscrape_configs: [{{job_name: run, static_configs: [{{targets: ['{target}']}}]}}]\n");
        _process = Start(
            "prometheus", $"--config.file={configuration}", $"--storage.tsdb.path={_home}/data", $"--web.listen-address=127.0.0.1:{_port}", "--log.level=error");
        _process.StandardInput.Close();
    }

    /// <summary>Where prometheus and promtool are; null where <c>./atom test</c> could have none.</summary>
    public static string? Folder => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : null;

    /// <summary>The value of an instant query that has one; null while it has none.</summary>
    public async Task<double?> Ask(string query)
    {
        try
        {
            var answer = JsonNode.Parse(await _client.GetStringAsync($"http://127.0.0.1:{_port}/api/v1/query?query={Uri.EscapeDataString(query)}"))!;
            var values = answer["data"]!["result"]!.AsArray();
            return values.Count == 0 ? null : double.Parse((string)Assert.Single(values)!["value"]![1]!, CultureInfo.InvariantCulture);
        }
        catch (HttpRequestException)
        {
            Assert.False(_process.HasExited, "Prometheus ended");
            return null;
        }
    }

    /// <summary>What promtool says about a page; empty when it is content.</summary>
    public static async Task<string> Check(string page)
    {
        using var tool = Start("promtool", "check", "metrics");
        await tool.StandardInput.WriteAsync(page);
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

    private static Process Start(string program, params string[] arguments) => Process.Start(new ProcessStartInfo(Path.Combine(Folder!, program), arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = program == "promtool",
        RedirectStandardError = program == "promtool",
    })!;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
