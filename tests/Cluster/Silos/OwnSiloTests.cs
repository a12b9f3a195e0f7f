using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using AtomGrains.Cluster.Tests.Support;
using AtomGrains.Core.Membership;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Workers;
using AtomGrains.Silo;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>
/// A user's own program as a silo, <c>samples/TrainOnOrleans</c>: it brings a job and is all that runs it. One of another
/// build has no part in a run.
/// </summary>
public sealed class OwnSiloTests : IDisposable
{
    private const string Name = "TrainOnOrleans";

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-own-silo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task AProgramThatIsItsOwnSiloEndsWithItsWeightsOnTheLocalHost()
    {
        var silos = await Train("silos", "--host", "orleans", "--workers", "2", "--fault", "kill:worker=1@step=20");
        var local = await Train("local", "--host", "local", "--workers", "1");
        Assert.Equal("bigram", (string?)JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "silos", "run.json")))!["spec"]!["job"]);
        Assert.Equal((string?)local["weights_sha256"], (string?)silos["weights_sha256"]);
        Assert.Equal((double)local["val_loss"]!, (double)silos["val_loss"]!);
        Assert.Equal(1, (int)silos["faults"]!);
    }

    [Fact]
    public async Task ASiloOfAnotherBuildIsRefusedByTheRunAndDoesItNoHarm()
    {
        var (run, other) = (Path.Combine(_folder, "run"), Other());
        using var training = SampleProgram.Start(SampleProgram.PathOf(Name), Arguments("run", "100000", "--host", "orleans", "--workers", "2"));
        try
        {
            var output = training.StandardOutput.ReadToEndAsync();
            await Eventually.Holds("the first steps", () => Steps(run) > 2, () => output.IsCompleted ? output.Result : "it goes on");

            // Orders that came with its own image: it takes itself for one of the run's, and only the run grain can tell.
            var ended = await StartSilo(other, Orders(run, RunIdOf(run), HashOf(other)));
            Assert.Equal(2, ended.ExitCode);
            Assert.Equal($"error: silo: the run's job comes from a program with hash {HashOf(SampleProgram.PathOf(Name))}, this silo has {HashOf(other)}: deploy one image", ended.Errors.Trim());
            var steps = Steps(run);
            await Eventually.Holds("steps after that", () => Steps(run) > steps + 2);
        }
        finally
        {
            Signals.Send(training.Id, Signals.Terminate);
            await training.WaitForExitAsync();
        }

        Assert.Empty(Directory.EnumerateFiles(Path.Combine(run, "losses")));
    }

    [Fact]
    public async Task ASiloOfAnotherBuildThanItsOrdersNameIsRefusedBeforeItJoins()
    {
        var other = Other();
        await Train("run", "--workers", "1");
        var ended = await StartSilo(other, Orders(Path.Combine(_folder, "run"), "nobody's", HashOf(SampleProgram.PathOf(Name))));
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains($"this silo has {HashOf(other)}: deploy one image", ended.Errors, StringComparison.Ordinal);
        Assert.Single(ended.Errors.Trim().Split('\n'));
        Assert.False(Directory.Exists(Path.Combine(_folder, "run", "membership")));
    }

    [Theory]
    [InlineData("", "error: silo: a silo reads its orders on standard input, where a run gives them that starts it")]
    [InlineData("{}", "error: silo: what came on standard input are no orders of a silo: ")]
    public async Task ASiloWithoutOrdersSaysWhatItNeedsInALine(string orders, string line)
    {
        var ended = await StartSilo(SampleProgram.PathOf(Name), orders);
        Assert.Equal(2, ended.ExitCode);
        Assert.StartsWith(line, ended.Errors, StringComparison.Ordinal);
        Assert.Single(ended.Errors.Trim().Split('\n'));
    }

    private static async Task<Ended> StartSilo(string program, string orders)
    {
        using var silo = SampleProgram.Start(program, "silo", "--orders");
        var ended = SampleProgram.Finish(silo);
        await silo.StandardInput.WriteLineAsync(orders);
        await silo.StandardInput.FlushAsync();
        if (orders.Length == 0)
        {
            silo.StandardInput.Close();
        }

        return await ended;
    }

    private static string Orders(string run, string runId, string program) => JsonSerializer.Serialize(
        new SiloOrders
        {
            RunId = runId,
            RunFolder = run,
            Secret = RunSecret.Create().ToHex(),
            Ordinal = 9,
            Host = "elsewhere",
            Devices = ["cpu"],
            Listen = "127.0.0.1",
            Elements = 1024,
            Settings = new RunSettings { Workers = 2, Grace = TimeSpan.FromSeconds(20) },
            Before = Generation.None,
            Program = program,
            BitsClass = "test",
            OrphanGrace = TimeSpan.FromSeconds(5),
        },
        SiloJson.Default.SiloOrders);

    private static string HashOf(string program) => OtherBuild.HashOf(program + ".dll");

    private static int Steps(string run) => File.Exists(Path.Combine(run, "metrics.jsonl")) ? File.ReadLines(Path.Combine(run, "metrics.jsonl")).Count() : 0;

    // As a person would find it: in what the run grain says of itself.
    private static string RunIdOf(string run) => Directory.EnumerateFiles(Path.Combine(run, "logs"), "silo-*.log")
        .SelectMany(log => new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)).ReadToEnd().Split('\n'))
        .First(line => line.Contains(": coordinator is active on", StringComparison.Ordinal)).Split(" run ")[1].Split(':')[0];

    private string Other() => OtherBuild.Of(Name, Name + ".dll", Path.Combine(_folder, "other"));

    private async Task<JsonNode> Train(string name, params string[] arguments)
    {
        var report = Path.Combine(_folder, $"{name}.json");
        var ended = await SampleProgram.Run(SampleProgram.PathOf(Name), Arguments(name, "120", ["--report", report, .. arguments]));
        Assert.True(ended.ExitCode == 0, $"{ended.Output}\n{ended.Errors}");
        return JsonNode.Parse(File.ReadAllText(report))!;
    }

    private string[] Arguments(string name, string steps, params string[] more) =>
    [
        "train", "--data", TestText.Path, "--out", Path.Combine(_folder, name), "--steps", steps, "--width", "32",
        "--context", "64", "--lanes", "8", "--global-batch", "8", "--eval-every", "0", "--eval-batches", "1", "--pause-after", "60", .. more,
    ];
}
