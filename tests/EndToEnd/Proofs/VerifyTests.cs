using System.Security.Cryptography;
using System.Text.Json.Nodes;
using AtomGrains.Core.Checkpoints;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Storage.Objects;

namespace AtomGrains.EndToEnd.Tests.Proofs;

/// <summary>A run of three workers, two of which were killed, computed again by one process.</summary>
public sealed class VerifyTests : IDisposable
{
    private static readonly Spec Steps40 = Spec.Medium with { Steps = 40 };

    private string _folder = TrainProcess.NewFolder();

    public void Dispose() => TrainProcess.Remove(_folder);

    [Fact]
    public Task AStretchAgreesAndAReplayAgreesAndATamperedLineDoesNot() => LongEnough.Run(Steps40, async _ =>
    {
        // Of as many steps each time: on a machine whose disk is busy too few checkpoints may be there.
        TrainProcess.Remove(_folder);
        _folder = TrainProcess.NewFolder();
        using var training = TrainProcess.Start(Steps40, workers: 3, ["kill:worker=1@step=8/seal", "kill:worker=0@step=21/apply"], ["--checkpoint-every", "4", "--keep", "100"], _folder);
        var run = await training.Finish();
        run.HasEnded();
        Assert.Equal(2, run.Count("faults"));
        run.LastedUntil("two checkpoints, and one that a replay of step 21 begins with", Nearest(21) is not null && Store.List().Count > 1);

        // Every step has a root, the last included, whoever died.
        Assert.Equal(Steps40.Steps, run.Metrics.Count);
        Assert.All(run.Metrics, line => Assert.Matches("^[0-9a-f]{64}$", (string)line["root"]!));

        var verified = await AtomProgram.Run("verify", "--out", _folder, "--from", "5");
        Assert.True(verified.ExitCode == 0, verified.ToString());
        var begun = Nearest(5)?.Step ?? 0;
        Assert.Contains($"VERIFIED: steps {begun} to 39 agree in loss, gradient norm and learning rate, and {40 - begun} of {40 - begun} in the root of their parameters", verified.Output, StringComparison.Ordinal);

        var replayed = await AtomProgram.Run("replay", "--out", _folder, "--step", "21");
        Assert.True(replayed.ExitCode == 0, replayed.ToString());
        var origin = Nearest(21)!.Value;
        Assert.Contains($"step 21, computed on one process from the checkpoint of {origin}; the {21 - origin.Step} steps on the way agree", replayed.Output, StringComparison.Ordinal);
        Assert.Contains($"root {run.Metrics[20]["root"]} agrees", replayed.Output, StringComparison.Ordinal);
        Assert.Contains($"root {run.Metrics[21]["root"]} agrees", replayed.Output, StringComparison.Ordinal);
        Assert.Contains($"loss {run.Metrics[21]["loss_bits"]} agrees", replayed.Output, StringComparison.Ordinal);

        var lane = await AtomProgram.Run("replay", "--out", _folder, "--step", "21", "--lane", "3");
        var line = Assert.Single(replayed.Output.Split('\n'), line => line.StartsWith("   3  ", StringComparison.Ordinal));
        Assert.Contains(line, lane.Output.Split('\n'));
        Assert.DoesNotContain("   4  ", lane.Output, StringComparison.Ordinal);

        Tamper(step: 17, "root", root => (root[0] == '0' ? "1" : "0") + root[1..]);
        var tampered = await AtomProgram.Run("verify", "--out", _folder, "--from", "10", "--to", "20");
        Assert.Equal(1, tampered.ExitCode);
        Assert.Contains("NOT VERIFIED: step 17 is the first that differs", tampered.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await AtomProgram.Run("verify", "--out", _folder, "--to", "16")).ExitCode);

        Tamper(step: 12, "loss_bits", bits => bits[..15] + (bits[15] == '0' ? "1" : "0"));
        Assert.Contains("step 12: loss DIFFERS", (await AtomProgram.Run("verify", "--out", _folder)).Output, StringComparison.Ordinal);

        await ATornCheckpointGivesWayAndAChangedOneIsFoundOut();

        await Refuses("--to 40: must be from 0 to 39, the last step that the run has recorded", "verify", "--to", "40");
        await Refuses("--from -1: must be from 0 to 39, the last step that the run has recorded", "verify", "--from", "-1");
        await Refuses("--step 40: must be from 0 to 39, the last step that the run has recorded", "replay", "--step", "40");
        await Refuses("--lane 8: must be from 0 to 7: the run has 8 lanes", "replay", "--step", "1", "--lane", "8");
        await Refuses("--device tpu: must be cpu or cuda:N", "replay", "--step", "1", "--device", "tpu");
    });

    private CheckpointStore Store => new(new DirectoryObjectStore(Path.Combine(_folder, "checkpoints")));

    private CheckpointId? Nearest(long step) =>
        Store.List().Where(checkpoint => checkpoint.Step <= step).Select(checkpoint => (CheckpointId?)checkpoint).MaxBy(checkpoint => checkpoint!.Value.Step);

    private async Task ATornCheckpointGivesWayAndAChangedOneIsFoundOut()
    {
        var (newest, before) = (Nearest(39)!.Value, Nearest(Nearest(39)!.Value.Step - 1)!.Value);
        var torn = Store.ReadManifest(newest).Manifest.Slices[0].Object;
        using (var file = File.OpenWrite(Path.Combine(_folder, "checkpoints", torn)))
        {
            file.SetLength(file.Length - 1);
        }

        var replayed = await AtomProgram.Run("replay", "--out", _folder, "--step", "39", "--lane", "0");
        Assert.Contains($"the checkpoint of {newest} is not whole ({torn}: it has", replayed.Output, StringComparison.Ordinal);
        Assert.Contains($"from the checkpoint of {before}; the {39 - before.Step} steps on the way agree", replayed.Output, StringComparison.Ordinal);

        // One parameter has another bit, and every hash of the store says that it is right: the run's own record does not.
        Forge(before);
        var forged = await AtomProgram.Run("verify", "--out", _folder, "--from", "39");
        Assert.Equal(1, forged.ExitCode);
        Assert.Contains($"NOT VERIFIED: the checkpoint of {before} is not what the run had, or its recorded root is not", forged.Output, StringComparison.Ordinal);
        await Refuses("--store s3://bucket: must be a folder, or az://CONTAINER/PREFIX", "verify", "--store", "s3://bucket");
    }

    private void Forge(CheckpointId checkpoint)
    {
        var file = Store.ReadManifest(checkpoint);
        var slice = file.Manifest.Slices[0];
        var path = Path.Combine(_folder, "checkpoints", slice.Object);
        var bytes = File.ReadAllBytes(path);
        bytes[^((3 * sizeof(float) * slice.Elements) - 1)] ^= 1;
        File.WriteAllBytes(path, bytes);
        Store.DeleteManifest(checkpoint);
        var hashed = slice with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)) };
        Assert.True(Store.PutManifest(file with { Manifest = file.Manifest with { Slices = [hashed, .. file.Manifest.Slices.Skip(1)] } }));
    }

    private async Task Refuses(string reason, string command, params string[] arguments)
    {
        var ended = await AtomProgram.Run([command, "--out", _folder, .. arguments]);
        Assert.Equal((2, $"error: {reason}"), (ended.ExitCode, ended.Errors.Trim()));
    }

    private void Tamper(int step, string field, Func<string, string> change)
    {
        var path = Path.Combine(_folder, "metrics.jsonl");
        var lines = File.ReadAllLines(path);
        var line = JsonNode.Parse(lines[step])!;
        line[field] = change((string)line[field]!);
        lines[step] = line.ToJsonString();
        File.WriteAllText(path, string.Join('\n', lines) + "\n");
    }
}
