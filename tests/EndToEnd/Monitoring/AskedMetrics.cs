namespace AtomGrains.EndToEnd.Tests.Monitoring;

/// <summary>What rules, dashboard, runbook and autoscaler ask for, against a real page.</summary>
internal static class AskedMetrics
{
    // The page of a host has all that is asked for, but these.
    private static readonly string[] OfOthers = ["up", "ALERTS", "kube_pod_container_status_restarts_total"];

    public static IReadOnlyList<string> MissingOn(string page)
    {
        var names = page.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('{', ' ')[0]).ToHashSet();
        var known = names.Concat(OfOthers).Concat(MonitoringFiles.RuleExpressions.Where(rule => !rule.IsAlert).Select(rule => rule.Name)).ToHashSet();
        string[] all = [.. MonitoringFiles.RuleExpressions.Select(rule => rule.Expression), .. MonitoringFiles.DashboardQueries.Select(query => query.Expression), .. MonitoringFiles.RunbookQueries, MonitoringFiles.AutoscalerQuery];
        var asked = all.SelectMany(MetricNamesIn.Expression).Distinct().ToList();
        Assert.InRange(asked.Count, 30, 200);
        return [.. asked.Except(known)];
    }
}
