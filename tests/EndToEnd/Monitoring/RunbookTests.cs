using System.Text.RegularExpressions;
using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.EndToEnd.Tests.Monitoring;

/// <summary>The runbook's commands, asked of the program.</summary>
public sealed partial class RunbookTests
{
    [Fact]
    public async Task EveryCommandOfTheProgramThatTheRunbookNamesIsThereWithItsOptions()
    {
        var commands = Command().Matches(MonitoringFiles.Runbook)
            .GroupBy(command => command.Groups["name"].Value, command => Option().Matches(command.Groups["rest"].Value).Select(option => option.Value))
            .ToDictionary(group => group.Key, group => group.SelectMany(options => options).ToHashSet());
        Assert.Equal(["audit", "diff", "faults", "status", "train", "verify"], commands.Keys.Order());

        // Options that stand alone are those of a run.
        commands["train"].UnionWith(LoneOption().Matches(MonitoringFiles.Runbook).Select(option => option.Groups["name"].Value));
        foreach (var (command, options) in commands)
        {
            var help = await AtomProgram.Run(command, "--help");
            Assert.Equal(0, help.ExitCode);
            Assert.All(options, option => Assert.Contains(option, Option().Matches(help.Output).Select(known => known.Value)));
        }
    }

    [GeneratedRegex(@"\./atom (?<name>[a-z]+)(?<rest>[^`\n#]*)")]
    private static partial Regex Command();

    [GeneratedRegex(@"--[a-z-]+")]
    private static partial Regex Option();

    [GeneratedRegex(@"`(?<name>--[a-z-]+)[^`]*`")]
    private static partial Regex LoneOption();
}
