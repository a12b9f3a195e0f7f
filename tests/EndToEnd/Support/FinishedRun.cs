using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>What a run has left: how it ended, its report, and the files of its folder, read as anybody would read them.</summary>
internal sealed class FinishedRun
{
    public FinishedRun(Spec spec, Ended ended, string folder, string report)
    {
        Spec = spec;
        ExitCode = ended.ExitCode;
        Output = ended.Output;
        Errors = ended.Errors;
        Report = File.Exists(report) ? JsonNode.Parse(File.ReadAllText(report))!.AsObject() : null;
        Metrics = Lines(Path.Combine(folder, "metrics.jsonl"));
        GivenUp = Lines(Path.Combine(folder, "metrics-given-up.jsonl"));
        Faults = Lines(Path.Combine(folder, "faults.jsonl"));
        Views = Directory.Exists(Path.Combine(folder, "views"))
            ? [.. Directory.EnumerateFiles(Path.Combine(folder, "views"), "*.json").OrderBy(path => long.Parse(Path.GetFileNameWithoutExtension(path))).Select(path => JsonNode.Parse(File.ReadAllText(path))!)]
            : [];
        var weights = Path.Combine(folder, "model.safetensors");
        WeightsFileHash = File.Exists(weights) ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(weights))) : null;
    }

    public Spec Spec { get; }

    public int ExitCode { get; }

    public string Output { get; }

    public string Errors { get; }

    public JsonObject? Report { get; }

    public IReadOnlyList<JsonNode> Metrics { get; }

    /// <summary>Lines of steps that a rollback or a resume gave up.</summary>
    public IReadOnlyList<JsonNode> GivenUp { get; }

    public IReadOnlyList<JsonNode> Faults { get; }

    /// <summary>The register, oldest first.</summary>
    public IReadOnlyList<JsonNode> Views { get; }

    /// <summary>SHA-256 of the weights' file itself.</summary>
    public string? WeightsFileHash { get; }

    public string? WeightsHash => (string?)Report?["weights_sha256"];

    public long Count(string name) => (long)Report![name]!;

    public IEnumerable<string> FaultKinds => Faults.Select(fault => (string)fault["kind"]!);

    /// <summary>Workers of each view: distinct owners of lanes.</summary>
    public IReadOnlyList<int> WorkersOfViews => [.. Views.Select(view => view["LaneOwners"]!.AsArray().Select(owner => owner!.ToJsonString()).Distinct().Count())];

    /// <summary>Whether under a view each partition had a second copy.</summary>
    public bool HasBackups(long generation) => Views.Single(view => (long)view["Generation"]!["Value"]! == generation)["Partitions"]!.AsArray()
        .All(partition => partition!["Replicas"]!.AsArray().Count > 1);

    /// <summary>Of what comes in its own time, and may come after the end of a run that is over too soon.</summary>
    public void LastedUntil(string awaited, bool hasCome)
    {
        if (!hasCome && ExitCode == 0)
        {
            throw new RunEndedFirstException($"the run ended before: {awaited}\n{this}");
        }

        Assert.True(hasCome, $"{awaited}\n{this}");
    }

    /// <summary>The ledger's line of a fault; where there is none, the run was over before it.</summary>
    /// <param name="order">The order that it came from, when it was ordered.</param>
    public JsonNode Fault(string kind, int worker, string? order = null)
    {
        var who = $" worker {worker}";
        var detail = order is null ? "" : $"ordered {order}";
        var found = Faults.Where(fault => (string)fault["kind"]! == kind
            && ((string)fault["who"]!).EndsWith(who, StringComparison.Ordinal)
            && ((string?)fault["detail"] ?? "").StartsWith(detail, StringComparison.Ordinal)).ToList();
        LastedUntil($"{kind}{who} {order}", found.Count > 0);
        Assert.True(found.Count == 1, $"{found.Count} lines of {kind}{who} {order}\n{this}");
        return found[0];
    }

    /// <summary>The steps of the history that survived, once each and in order, with the bits of their losses.</summary>
    public IReadOnlyList<string> LossBits
    {
        get
        {
            Assert.Equal(Enumerable.Range(0, Metrics.Count).Select(step => (long)step), Metrics.Select(line => (long)line["step"]!));
            return [.. Metrics.Select(line => (string)line["loss_bits"]!)];
        }
    }

    /// <summary>Ordered faults that the run says have not struck.</summary>
    public IEnumerable<string> NotStruck => Errors.Split('\n').Where(line => line.StartsWith("warning: --fault ", StringComparison.Ordinal) && line.Contains("never struck", StringComparison.Ordinal));

    public void HasEnded() => Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Output}\n{Errors}");

    /// <summary>The promise: the same weights and the same loss of every step as the run that nothing happened to.</summary>
    /// <param name="notStruck">Ordered faults that are meant not to strike; more would prove less than it seems.</param>
    public async Task EqualsTheCalmRun(int notStruck = 0)
    {
        HasEnded();
        LastedUntil("a fault that was ordered", NotStruck.Count() <= notStruck);
        Assert.True(NotStruck.Count() == notStruck, ToString());
        var calm = await CalmRuns.Of(Spec);
        Assert.Equal(calm.LossBits, LossBits);
        Assert.Equal(calm.WeightsHash, WeightsHash);
        Assert.Equal(calm.WeightsFileHash, WeightsFileHash);
        Assert.Equal((double)calm.Report!["val_loss"]!, (double)Report!["val_loss"]!);

        // What a lineage that was given up had committed was right as well.
        foreach (var line in GivenUp)
        {
            Assert.Equal(calm.LossBits[(int)(long)line["step"]!], (string)line["loss_bits"]!);
        }
    }

    /// <summary>One history from its first step to its last: no step was given up and computed again.</summary>
    public void LostNoStep()
    {
        Assert.True(GivenUp.Count == 0, $"{GivenUp.Count} steps were given up\n{this}");
        Assert.Single(Metrics.Select(line => (long)line["lineage"]!).Distinct());
        Assert.Equal(Spec.Steps, Metrics.Count);
    }

    public override string ToString() => $"exit code {ExitCode}\n{Output}{Errors}{string.Join('\n', Faults.Select(fault => fault.ToJsonString()))}\n{Report?.ToJsonString()}";

    private static IReadOnlyList<JsonNode> Lines(string path) =>
        File.Exists(path) ? [.. File.ReadAllLines(path).Select(line => JsonNode.Parse(line)!)] : [];
}
