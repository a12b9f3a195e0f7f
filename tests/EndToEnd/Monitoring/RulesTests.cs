using System.Text.RegularExpressions;
using AtomGrains.EndToEnd.Tests.Telemetry;

namespace AtomGrains.EndToEnd.Tests.Monitoring;

/// <summary>The alerts, by promtool: series of values stand for a run.</summary>
public sealed partial class RulesTests
{
    private const string RulesFile = "atomgrains.rules.yaml";

    public static TheoryData<string> Alerts => [.. MonitoringFiles.Alerts];

    [Fact]
    public void ThereIsAnAlertForEachThingThatAnOperatorHasToKnow()
    {
        string[] told = ["RunStalled", "RunStopped", "RunNotCoordinated", "RecoverySlow", "GoodputLow", "CheckpointOld", "SparesGone", "DeviceQuarantined", "WrongBits", "SiloCrashLoop", "SilosDown"];
        Assert.Equal(told.Select(alert => $"AtomGrains{alert}"), MonitoringFiles.Alerts);
    }

    [FactWithPrometheus]
    public async Task EveryAlertIsSilentWhenItShouldBeFiresWhenItShouldAndClears() => Assert.DoesNotContain("FAILED", await Tested(MonitoringFiles.Rules), StringComparison.Ordinal);

    [FactWithPrometheus]
    public async Task AnAlertThatNeverFiresIsNoticedByItsTest()
    {
        var said = await Tested(MonitoringFiles.RulesWhoseAlertsAre("vector(1) > 2"));
        Assert.All(MonitoringFiles.Alerts, alert => Assert.Contains($"alertname: {alert},", said, StringComparison.Ordinal));
    }

    [FactWithPrometheus]
    public async Task AnAlertThatAlwaysFiresIsNoticedByItsTest()
    {
        var said = await Tested(MonitoringFiles.RulesWhoseAlertsAre("vector(1)"));
        Assert.All(MonitoringFiles.Alerts, alert => Assert.Contains($"alertname: {alert},", said, StringComparison.Ordinal));
    }

    /// <summary>The example of an autoscaler asks what promtool is asked of series of values.</summary>
    [Fact]
    public void WhatTheAutoscalerAsksIsTestedByValues()
    {
        Assert.Equal(MonitoringFiles.AutoscalerQuery, QueryOfStory("the autoscaler "));
    }

    /// <summary>A counter that begins with a loss is where increase() alone says that nothing was lost.</summary>
    [Fact]
    public void WhatTheDashboardAsksOfLostStepsIsTestedByValues()
    {
        var (_, query) = Assert.Single(MonitoringFiles.DashboardQueries, query => query.Expression.Contains("atomgrains_steps_lost_total", StringComparison.Ordinal));
        Assert.Equal(MonitoringFiles.Fill(query, "30m"), QueryOfStory("what was lost "));
    }

    /// <summary>In one story, in this order: silent, firing, silent.</summary>
    [Theory]
    [MemberData(nameof(Alerts))]
    public void EachAlertHasATestInWhichItBeginsAndEnds(string alert)
    {
        var stories = MonitoringFiles.RuleTests.Split("\n  - name: ");
        Assert.Contains(stories, story =>
        {
            var looks = Look().Matches(story).Where(look => look.Groups["alert"].Value == alert).Select(look => look.Groups["fires"].Success);
            return string.Concat(looks.Select(fires => fires ? "!" : ".")) is var course && course.Contains(".!", StringComparison.Ordinal) && course.Contains("!.", StringComparison.Ordinal);
        });
    }

    [Theory]
    [MemberData(nameof(Alerts))]
    public void EachAlertSaysHowBadItIsWhatItMeansAndWhereTheRunbookHasIt(string alert)
    {
        var rule = Assert.Single(MonitoringFiles.Rules.Split("- alert: "), text => text.StartsWith(alert + "\n", StringComparison.Ordinal));
        Assert.Matches("severity: (critical|warning)\n", rule);
        Assert.Matches("\n *summary: \"[^\"]{20,}", rule);
        Assert.Matches("\n *description: \".{20,}", rule);
        Assert.Contains($"runbook_url: k8s/monitoring/RUNBOOK.md#{alert.ToLowerInvariant()}\n", rule + "\n", StringComparison.Ordinal);
        var section = Assert.Single(MonitoringFiles.Runbook.Split("\n## "), text => text.StartsWith(alert + "\n", StringComparison.Ordinal));
        Assert.All(["**What it means.**", "**Look at.**", "**Do.**", "**Wake.**"], part => Assert.Contains(part, section, StringComparison.Ordinal));
    }

    // What promtool is asked in a story, each time the same.
    private static string QueryOfStory(string beginning)
    {
        var story = Assert.Single(MonitoringFiles.RuleTests.Split("\n  - name: "), story => story.StartsWith(beginning, StringComparison.Ordinal));
        return Assert.Single(story.Split('\n').Where(line => line.StartsWith("      - expr: ", StringComparison.Ordinal)).Select(line => line["      - expr: ".Length..]).Distinct());
    }

    private static async Task<string> Tested(string rules)
    {
        var folder = Directory.CreateTempSubdirectory("atomgrains-rules-").FullName;
        try
        {
            var tests = Path.Combine(folder, "rules.test.yaml");
            await File.WriteAllTextAsync(Path.Combine(folder, RulesFile), rules);
            await File.WriteAllTextAsync(tests, MonitoringFiles.RuleTests);
            Assert.DoesNotContain("exit code", await PrometheusProcess.Promtool("", "check", "rules", Path.Combine(folder, RulesFile)), StringComparison.Ordinal);
            var said = await PrometheusProcess.Promtool("", "test", "rules", tests);
            Assert.True(said.Contains("SUCCESS", StringComparison.Ordinal) || said.Contains("FAILED", StringComparison.Ordinal), said);
            return said;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // {eval_time: 10m, alertname: A}, and the long form whose exp_alerts stand below.
    [GeneratedRegex(@"alertname: (?<alert>\w+)(?<fires>,? *\n? *exp_alerts:)?")]
    private static partial Regex Look();
}
