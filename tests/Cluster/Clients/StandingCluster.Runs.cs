using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.Cluster.Tests.Clients;

/// <summary>The cluster's runs, as their folders show them while they go on and when they are over.</summary>
internal sealed partial class StandingCluster
{
    /// <summary>The lines of a run's metrics, as they are now.</summary>
    public IReadOnlyList<JsonNode> Metrics(string run) => LinesOf(Path.Combine(Runs, run, "metrics.jsonl"));

    /// <summary>The newest step of a run that is decided; -1 before the first.</summary>
    public long Step(string run) => StepIn(Path.Combine(Runs, run, "metrics.jsonl"));

    private static IReadOnlyList<JsonNode> LinesOf(string metrics) =>
        File.Exists(metrics) ? [.. ReadShared(metrics).Split('\n')[..^1].Select(line => JsonNode.Parse(line)!)] : [];

    private static long StepIn(string path)
    {
        if (!File.Exists(path))
        {
            return -1;
        }

        // A line is a few hundred characters; the one behind the last line feed is being written.
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Seek(Math.Max(0, stream.Length - 4096), SeekOrigin.Begin);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n') is [.., var last, _] ? (long)JsonNode.Parse(last)!["step"]! : -1;
    }

    /// <summary>Waits until a run has done a step.</summary>
    public Task Reaches(string run, long step) => Eventually.Holds(
        $"step {step} of {run}",
        () =>
        {
            // A run that has failed is another matter than one that is over.
            var reached = Step(run) >= step;
            return reached || !IsComplete(run) ? reached : throw EndedBefore(run, $"step {step}");
        },
        () => Logs);

    /// <summary>Waits for what has to come while a run goes on.</summary>
    public Task Holds(string run, string awaited, Func<bool> state) => Eventually.Holds(
        awaited,
        () =>
        {
            var holds = state();
            return !IsComplete(run) ? holds : throw EndedBefore(run, awaited);
        },
        () => Logs);

    /// <summary>Part of a test that a run has to outlive: whatever came of it proves nothing when the run has not.</summary>
    public async Task While(string run, string what, Func<Task> part)
    {
        try
        {
            await part();
        }
        catch (Exception exception) when (exception is not RunEndedFirstException && IsComplete(run))
        {
            throw EndedBefore(run, $"{what}\n{exception}");
        }

        if (IsComplete(run))
        {
            throw EndedBefore(run, what);
        }
    }

    private bool IsComplete(string run) => Read(run, "end.json") is { } end && end["stopped"] is null;

    private RunEndedFirstException EndedBefore(string run, string awaited) => new($"run {run} was complete before: {awaited}\n{Logs}");

    /// <summary>A file of a run's folder; null before it is there.</summary>
    public JsonNode? Read(string run, string file) =>
        File.Exists(Path.Combine(Runs, run, file)) ? JsonNode.Parse(ReadShared(Path.Combine(Runs, run, file))) : null;

    /// <summary>Waits for the end of a run, which has to be a good one.</summary>
    public async Task<FinishedRun> Finish(string run, Spec spec)
    {
        // A busy machine may be long about it, and still gets on.
        for (var step = -1L; Read(run, "end.json") is null; step = Step(run))
        {
            await Eventually.Holds($"a step of {run} after {step}, or its end", () => Step(run) > step || Read(run, "end.json") is not null, () => Logs);
        }

        var end = Read(run, "end.json")!;
        var report = Path.Combine(_folder, $"{run}.report.json");
        await File.WriteAllTextAsync(report, end["report"]!.ToJsonString(new JsonSerializerOptions()));
        return new FinishedRun(spec, new Ended((string?)end["stopped"] is null ? 0 : 1, "", (string?)end["stopped"] ?? ""), Path.Combine(Runs, run), report);
    }

    /// <summary>The end of a run that nothing was to change a bit of.</summary>
    public async Task<FinishedRun> EndsAsTheCalmRun(string run, Spec spec)
    {
        var finished = await Finish(run, spec);
        await finished.EqualsTheCalmRun();
        return finished;
    }

    /// <summary>The same, with one history in which every step was decided once and every sample taken once.</summary>
    public async Task<FinishedRun> EndsWithoutALoss(string run, Spec spec)
    {
        var finished = await EndsAsTheCalmRun(run, spec);
        Assert.Empty(finished.GivenUp);
        Assert.Single(finished.Metrics.Select(line => (long)line["lineage"]!).Distinct());
        using var audit = Process.Start(AtomProgram.StartInfo(["audit", "--out", Path.Combine(Runs, run)]))!;
        var audited = await SampleProgram.Finish(audit);
        Assert.True(audited.ExitCode == 0, $"{audited.Output}{audited.Errors}");
        return finished;
    }

    /// <summary>Every step of a run that was stopped has the loss of the undisturbed one, and weights with the same hash.</summary>
    public async Task IsSoFarAsTheCalmRun(string run, Spec spec)
    {
        // The hash of the newest step's weights would have come with the next one.
        var steps = Metrics(run).SkipLast(1).Select(BitsOf).ToList();
        using var calm = TrainProcess.Start(spec, workers: 1);
        var path = Path.Combine(calm.Folder, "metrics.jsonl");
        for (var step = 500; step < steps.Count; step += 500)
        {
            await Eventually.Holds($"step {step} of the undisturbed run", () => StepIn(path) >= step, () => calm.Output);
        }

        await Eventually.Holds("the last of its steps that are compared", () => StepIn(path) >= steps.Count, () => calm.Output);
        Assert.Equal(LinesOf(path).Take(steps.Count).Select(BitsOf), steps);

        static (string, string?) BitsOf(JsonNode line) => ((string)line["loss_bits"]!, (string?)line["root"]);
    }

    /// <summary>The processes that compute for a run now, by the worker's number.</summary>
    public IReadOnlyDictionary<int, (int Pid, int Silo)> Workers(string run)
    {
        var folder = Path.Combine(Runs, run, "children");
        var living = _mark.Living().ToHashSet();
        return (Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.json") : []).Select(path => JsonNode.Parse(ReadShared(path))!)
            .Where(child => living.Contains((int)child["Pid"]!))
            .GroupBy(child => (int)child["Slot"]!).ToDictionary(group => group.Key, group => ((int)group.Last()["Pid"]!, (int)group.Last()["SiloPid"]!));
    }

    /// <summary>Waits until a run has so many workers' processes.</summary>
    public Task HasWorkers(string run, int count) => Holds(run, $"{count} workers of {run}", () => Workers(run).Count == count);

    private static string ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }
}
