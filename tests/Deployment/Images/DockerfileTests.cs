using AtomGrains.Deployment.Tests.Support;

namespace AtomGrains.Deployment.Tests.Images;

public sealed class DockerfileTests
{
    public static TheoryData<string> Names => [.. DockerfileRules.All.Select(rule => rule.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void ARuleIsKept(string name)
    {
        var rule = Find(name);
        Assert.All(rule.Of, path => Assert.Equal([], rule.Violations(Dockerfile.Parse(Dockerfile.Text(path)))));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ASlipAgainstARuleIsFound(string name)
    {
        var rule = Find(name);
        var right = Dockerfile.Text(rule.Of[0]);
        Assert.Contains(rule.Slip.Right, right, StringComparison.Ordinal);
        Assert.NotEmpty(rule.Violations(Dockerfile.Parse(right.Replace(rule.Slip.Right, rule.Slip.Wrong, StringComparison.Ordinal))));
    }

    [FactThatNeeds(Needs.NodeModules)]
    public void ADockerfileIsOneToDocker() =>
        NodeScript.Run("lint-dockerfiles.cjs", [.. Dockerfile.All.Select(Repository.PathOf)]).OutputOfSuccess();

    [FactThatNeeds(Needs.NodeModules)]
    public void AMisspeltInstructionIsFoundWithItsLine()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Dockerfile.Text(Dockerfile.Silo).Replace("WORKDIR /app", "WORKDIRS /app", StringComparison.Ordinal));
            var lint = NodeScript.Run("lint-dockerfiles.cjs", [file]);
            Assert.Equal(1, lint.ExitCode);
            Assert.Matches(@":\d+: Unknown instruction: WORKDIRS", lint.Output);
        }
        finally
        {
            File.Delete(file);
        }
    }

    // Everything else stays out: history, outputs, runs, and whatever secret lies beside the sources.
    [Fact]
    public void OnlySourcesGoToTheBuilder()
    {
        var lines = Repository.Read(".dockerignore").Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#')).ToList();
        Assert.Equal("*", lines[0]);
        Assert.Equal(["!.editorconfig", "!Directory.*", "!global.json", "!grains", "!nuget.config", "!samples", "!src", "**/bin", "**/obj"], lines.Skip(1).Order(StringComparer.Ordinal));
    }

    private static DockerfileRule Find(string name) => DockerfileRules.All.Single(rule => rule.Name == name);
}
