using System.Security.Cryptography;
using System.Text.Json.Nodes;
using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.EndToEnd.Tests.Runs;

/// <summary>A program of a user's own, <c>samples/TrainYourOwnModel</c>: one line that brings a job is the whole of it.</summary>
public sealed class OwnProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-own-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task AProgramTrainsItsOwnJobWithWorkersThatAreItself()
    {
        var two = await Train("two", "--workers", "2", "--fault", "kill:worker=1@step=3");
        var one = await Train("one", "--workers", "1");
        var record = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "two", "run.json")))!;
        Assert.Equal("bigram", (string?)record["spec"]!["job"]);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes($"{SampleProgram.PathOf("TrainYourOwnModel")}.dll"))), (string?)record["program"]);
        Assert.Equal("bigram", (string?)JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "two", "config.json")))!["model_type"]);
        Assert.Equal((string?)one["weights_sha256"], (string?)two["weights_sha256"]);
        Assert.Equal(1, (int)two["faults"]!);
    }

    [Fact]
    public async Task OurOwnJobIsThereForWhoNamesIt()
    {
        await Train("gpt", "--job", "gpt", "--layers", "1", "--heads", "1", "--workers", "1");
        Assert.Equal("gpt", (string?)JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "gpt", "run.json")))!["spec"]!["job"]);
    }

    [Fact]
    public async Task AJobThatTheProgramDoesNotBringIsRefusedInALine()
    {
        var ended = await Run("train", "--data", TestText.Path, "--out", Path.Combine(_folder, "run"), "--job", "trigram");
        Assert.Equal(2, ended.ExitCode);
        Assert.Equal("error: --job trigram: must be a job of this program: bigram, gpt", ended.Errors.Trim());
        Assert.False(Directory.Exists(Path.Combine(_folder, "run")));
    }

    [Fact]
    public async Task AModelOfOnesOwnIsCutInAsManyPartitionsAsItHasBlocks()
    {
        var ended = await Run("train", "--data", TestText.Path, "--out", Path.Combine(_folder, "run"), "--width", "16", "--partitions", "40", "--block-elements", "1024");
        Assert.Equal(2, ended.ExitCode);
        Assert.StartsWith("error: --partitions 40: must be from 1 to ", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AProgramWithoutTheSiloPackageSaysWhatOrleansNeeds()
    {
        var ended = await Run("train", "--data", TestText.Path, "--out", Path.Combine(_folder, "run"), "--width", "16", "--host", "orleans");
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("AtomGrains.Silo", ended.Errors, StringComparison.Ordinal);
    }

    private async Task<JsonNode> Train(string name, params string[] arguments)
    {
        var report = Path.Combine(_folder, $"{name}.json");
        var ended = await Run(
        [
            "train", "--data", TestText.Path, "--out", Path.Combine(_folder, name), "--report", report, "--steps", "8", "--width", "16",
            "--context", "16", "--lanes", "4", "--global-batch", "4", "--eval-batches", "1", "--pause-after", "60", .. arguments,
        ]);
        Assert.True(ended.ExitCode == 0, $"{ended.Output}\n{ended.Errors}");
        return JsonNode.Parse(File.ReadAllText(report))!;
    }

    private static Task<Ended> Run(params string[] arguments) => SampleProgram.Run(SampleProgram.PathOf("TrainYourOwnModel"), arguments);
}
