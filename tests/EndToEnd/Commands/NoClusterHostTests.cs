using System.Text.Json.Nodes;
using AtomGrains.Commands;
using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.EndToEnd.Tests.Commands;

/// <summary>The program without the Orleans host: it says what it lacks, and brings nothing of it along.</summary>
public sealed class NoClusterHostTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ARunOnSilosIsRefusedInALineAndLeavesNothing()
    {
        var run = Path.Combine(_folder, "run");
        var ended = await AtomProgram.Run("train", "--host", "orleans", "--data", TestText.Path, "--out", run, "--quiet");
        Assert.Equal((CommandLine.BadInput, "", "error: --host orleans: needs a program that references the package AtomGrains.Silo\n"), (ended.ExitCode, ended.Output, ended.Errors));
        Assert.False(Directory.Exists(run));
    }

    [Theory]
    [InlineData]
    [InlineData("--orders")]
    [InlineData("--clustering", "azure-table")]
    public async Task ASiloIsRefusedInALine(params string[] arguments)
    {
        var ended = await AtomProgram.Run(["silo", .. arguments]);
        Assert.Equal((CommandLine.BadInput, "", "error: silo: needs a program that references the package AtomGrains.Silo\n"), (ended.ExitCode, ended.Output, ended.Errors));
    }

    [Fact]
    public void NoPackageOfTheClusterIsPulledIn()
    {
        var libraries = JsonNode.Parse(File.ReadAllText($"{AtomProgram.Path}.deps.json"))!["libraries"]!.AsObject().Select(library => library.Key).ToList();
        Assert.Contains(libraries, name => name.StartsWith("Spectre.Console/", StringComparison.Ordinal));
        Assert.DoesNotContain(libraries, name => name.Contains("Orleans", StringComparison.OrdinalIgnoreCase) || name.Contains("MessagePack", StringComparison.OrdinalIgnoreCase));
    }
}
