using System.Text.Json;
using System.Text.Json.Nodes;
using AtomGrains.Commands;
using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.EndToEnd.Tests.Commands;

public sealed class FaultsCommandTests : IDisposable
{
    private static readonly DateTimeOffset Began = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ATableAndATimelineSayWhatHappenedAndWhen()
    {
        Run(Kill(at: 50));
        var text = Text();
        Assert.Contains("| 12:00:50.000 | kill | n2 worker 1 | 7    | 1 > 2 | 4 lanes | 10.000 s | 20.000 s | 20.000 s |", text, StringComparison.Ordinal);
        var row = text.Split('\n').Single(line => line.StartsWith("  kill n2 worker 1 |", StringComparison.Ordinal));
        var columns = row.Length - "  kill n2 worker 1 ||".Length;
        var timeline = row["  kill n2 worker 1 |".Length..^1];

        // A hundred seconds: struck at 40, noticed at 50, going on at 70, backups there at 80.
        Assert.Equal(columns * 40 / 100, timeline.IndexOf('x', StringComparison.Ordinal));
        Assert.InRange(timeline.Count(mark => mark == '~'), columns / 10 - 1, columns / 10 + 1);
        Assert.InRange(timeline.Count(mark => mark == '='), columns / 5 - 1, columns / 5 + 1);
        Assert.InRange(timeline.LastIndexOf('-'), (columns * 80 / 100) - 1, columns * 80 / 100);
    }

    [Fact]
    public void ATornLastLineIsLeftOutWithANote()
    {
        Run(Kill(at: 50));
        File.AppendAllText(Path.Combine(_folder, "faults.jsonl"), "{\"schema\":1,\"ts\":");
        Assert.Contains("note: a last line of 17 bytes was cut off, and is left out", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void JsonHasTheLedgersLinesAsTheyAre()
    {
        Run(Kill(at: 50));
        var json = JsonNode.Parse(Text(json: true))!;
        Assert.Equal(JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "faults.jsonl")))!.ToJsonString(Plain), Assert.Single(json["faults"]!.AsArray())!.ToJsonString(Plain));
        Assert.Equal((1, 0, 0), ((int)json["schema"]!, json["open"]!.AsArray().Count, (int)json["torn_bytes"]!));
    }

    [Fact]
    public void ARunWithoutFaultsSaysSo()
    {
        Run();
        Assert.Equal("no faults\n", Text());
    }

    [Fact]
    public void ALedgerThatCannotBeReadIsALine()
    {
        Run(Kill(at: 50) with { Schema = 9 });
        Assert.Equal(
            $"--out {_folder}: faults.jsonl: line 1 has schema 9; this version reads up to 1",
            Assert.Throws<InvalidSettingsException>(() => Text()).Message);
    }

    private static FaultLine Kill(int at) => new()
    {
        Ts = Began.AddSeconds(at),
        Kind = "kill",
        Role = "node",
        Who = "n2 worker 1",
        Step = 7,
        GenerationBefore = 1,
        GenerationAfter = 2,
        StepsRedone = 0,
        LanesRedone = 4,
        Seconds = new RecoverySeconds(10, 5, 5, 20, 10),
    };

    private void Run(params FaultLine[] faults)
    {
        var spec = new RunSpec { Model = new ModelSpec(), Optimizer = new OptimizerSpec(), Data = new DataSpec(), Evaluation = new EvaluationSpec() };
        (RunRecord.Of(spec, "cpu", new Dictionary<string, string>(), Began) with { Finished = Began.AddSeconds(100) }).Write(_folder);
        using var journal = new RunJournal(_folder, spec);
        Array.ForEach(faults, journal.Fault);
    }

    private string Text(bool json = false)
    {
        using var output = new StringWriter { NewLine = "\n" };
        Assert.Equal(0, FaultsCommand.Run(_folder, json, output));
        return output.ToString().ReplaceLineEndings("\n");
    }
}
