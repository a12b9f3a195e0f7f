using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using AtomGrains.EndToEnd.Tests.Telemetry;

namespace AtomGrains.EndToEnd.Tests.Monitoring;

/// <summary>The Grafana dashboard, without a Grafana.</summary>
public sealed class DashboardTests
{
    [FactWithGrafanaTypes]
    public async Task GrafanaKnowsEveryFieldOfTheDashboardAndEveryWordInIt() => Assert.Equal("", await Compiled(MonitoringFiles.Dashboard));

    [FactWithGrafanaTypes]
    public async Task AnOptionThatGrafanaDoesNotKnowIsNoticed()
    {
        var wrong = MonitoringFiles.Dashboard.DeepClone();
        var options = wrong["panels"]!.AsArray().First(panel => (string)panel!["type"]! == "stat")!["options"]!;
        options["colorMode"] = "colourful";
        Assert.Contains("colourful", await Compiled(wrong), StringComparison.Ordinal);
    }

    [FactWithPrometheus]
    public async Task EveryQueryIsOneThatPrometheusUnderstands()
    {
        var queries = MonitoringFiles.DashboardQueries.Select(query => MonitoringFiles.Fill(query.Expression, "6h")).Concat(MonitoringFiles.RunbookQueries).ToList();
        Assert.InRange(queries.Count, 60, 200);
        Assert.DoesNotContain("exit code", await Checked(queries), StringComparison.Ordinal);
        Assert.Contains("exit code", await Checked([.. queries, "sum by (a (b)"]), StringComparison.Ordinal);
    }

    [Fact]
    public void PanelsHaveIdsOfTheirOwnAndDoNotOverlap()
    {
        var panels = MonitoringFiles.Dashboard["panels"]!.AsArray();
        Assert.Equal(panels.Count, panels.Select(panel => (int)panel!["id"]!).Distinct().Count());
        var cells = panels.SelectMany(Cells).ToList();
        Assert.Equal(cells.Count, cells.Distinct().Count());
        Assert.All(cells, cell => Assert.InRange(cell.X, 0, 23));

        static IEnumerable<(int X, int Y)> Cells(JsonNode? panel)
        {
            var at = panel!["gridPos"]!;
            var (x, y, width, height) = ((int)at["x"]!, (int)at["y"]!, (int)at["w"]!, (int)at["h"]!);
            return Enumerable.Range(0, width * height).Select(cell => (x + (cell % width), y + (cell / width)));
        }
    }

    [Fact]
    public void ARowOfPanelsAnswersEachQuestionThatTheDashboardIsFor()
    {
        string[] rows = ["At a glance", "How fast", "What failed", "How long did recovery take, and in which phase", "What was lost", "What it costs", "Storage, network, data"];
        Assert.Equal(rows, MonitoringFiles.Dashboard["panels"]!.AsArray().Where(panel => (string)panel!["type"]! == "row").Select(panel => (string)panel!["title"]!));
    }

    // What is wrong with the rules that record each of them; not content when one cannot be parsed.
    private static async Task<string> Checked(IEnumerable<string> queries)
    {
        var rules = new JsonArray([.. queries.Select((query, number) => new JsonObject { ["record"] = string.Create(CultureInfo.InvariantCulture, $"query:{number}"), ["expr"] = query })]);
        var file = Path.GetTempFileName();
        try
        {
            // JSON is YAML.
            await File.WriteAllTextAsync(file, new JsonObject { ["groups"] = new JsonArray(new JsonObject { ["name"] = "queries", ["rules"] = rules }) }.ToJsonString());
            return await PrometheusProcess.Promtool("", "check", "rules", file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    // What the TypeScript compiler has against the dashboard as a literal of Grafana's own type.
    private static async Task<string> Compiled(JsonNode dashboard)
    {
        var folder = Directory.CreateTempSubdirectory("atomgrains-dashboard-").FullName;
        try
        {
            var modules = FactWithGrafanaTypesAttribute.NodeModules!;
            Directory.CreateSymbolicLink(Path.Combine(folder, "node_modules"), modules);
            File.Copy(Path.Combine(MonitoringFiles.Root, "tests/EndToEnd/Monitoring/grafana.ts"), Path.Combine(folder, "grafana.ts"));
            await File.WriteAllTextAsync(
                Path.Combine(folder, "dashboard.ts"), $"import type {{ WrittenDashboard }} from './grafana';\nexport const written: WrittenDashboard = {dashboard.ToJsonString()};\n");
            string[] options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler"];
            using var compiler = Process.Start(new ProcessStartInfo("node", [Path.Combine(modules, "typescript/bin/tsc"), .. options, "dashboard.ts"])
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
            })!;
            var said = await compiler.StandardOutput.ReadToEndAsync();
            await compiler.WaitForExitAsync();
            return compiler.ExitCode == 0 ? said : $"{said} exit code {compiler.ExitCode}";
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
