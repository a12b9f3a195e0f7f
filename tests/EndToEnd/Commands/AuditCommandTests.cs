using System.Text.RegularExpressions;
using AtomGrains.Commands;
using AtomGrains.Core.Options;
using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.EndToEnd.Tests.Commands;

/// <summary>The audit of a real run, and of the same run with one line of its files changed.</summary>
public sealed partial class AuditCommandTests
{
    [Fact]
    public async Task ARunWithDeathsSkipsAndARollbackTookEachSampleOnceAndAChangedLineIsFound()
    {
        // 320 samples an epoch, 8 a step, and the sample that is not finite in each of them.
        var run = await FragileRun.Of("nan", times: 99, workers: 1, steps: 110, Audit, "--fault", "kill:worker=0@step=60/compute", "--fault", "kill:worker=0@step=90");
        run.HasEnded();
    }

    private static void Audit(string folder)
    {
        var (exitCode, output) = Run(folder);
        Assert.True(exitCode == 0, output);
        Assert.NotEmpty(File.ReadAllLines(Path.Combine(folder, "metrics-given-up.jsonl"))); // there was a rollback
        var epoch = "epoch {0}: {1} of 320 samples committed, 8 in steps that were skipped and are named in faults.jsonl; exactly once\n";
        Assert.StartsWith(string.Format(epoch, 0, 312) + string.Format(epoch, 1, 312) + "epoch 2: 2", output, StringComparison.Ordinal);
        Assert.True(Whole().IsMatch(output), output);

        // Each change is made to the file as the run has left it.
        var last = LineOf(folder, 100);
        Wrong(folder, "metrics.jsonl", lines => lines.RemoveAt(last), "step 100 is missing: sample [0-9]+ of epoch 2 was not committed");
        Wrong(folder, "metrics.jsonl", lines => lines.Insert(last, lines[last]), "step 100 is there twice: sample [0-9]+ of epoch 2 would be committed again");
        Wrong(folder, "metrics.jsonl", lines => lines[last] = Lineage().Replace(lines[last], "\"lineage\":1"), "step 100 is of lineage 1, and generation [0-9]+ is of lineage [0-9]+ in the register");
        Wrong(folder, "metrics.jsonl", lines => lines[last] = Generation().Replace(lines[last], "\"generation\":77"), "step 100 is of generation 77, which is not in the register");
        Wrong(folder, "metrics.jsonl", lines => lines.RemoveRange(lines.Count - 1, 1), "the run is finished, and step 109 of 110 is missing");
        Wrong(folder, "metrics.jsonl", lines => lines[^1] = lines[^1].Replace("\"skipped\":false", "\"skipped\":true", StringComparison.Ordinal), "step 109 was skipped and stands 0 times in faults.jsonl as such");
        Wrong(folder, "faults.jsonl", lines => lines.RemoveAt(lines.FindLastIndex(IsSkip)), "was skipped and stands 0 times");
        Wrong(folder, "faults.jsonl", lines => lines.Add(lines.FindLast(IsSkip)!), "was skipped and stands 2 times");
        Wrong(folder, "faults.jsonl", lines => lines.Add(Step().Replace(lines.FindLast(IsSkip)!, "\"step\":100")), "step 100 was committed, and faults.jsonl says that it was skipped");
        Assert.Equal(0, Run(folder).ExitCode);

        var view = Path.Combine(folder, "views", "1.json");
        File.WriteAllText(view, File.ReadAllText(view)[..20]);
        Assert.Contains("record 1 of the register holds no view: ", Assert.Throws<InvalidSettingsException>(() => Run(folder)).Message, StringComparison.Ordinal);
    }

    private static bool IsSkip(string line) => line.Contains("\"kind\":\"skip\"", StringComparison.Ordinal);

    private static int LineOf(string folder, long step) =>
        Array.FindLastIndex(File.ReadAllLines(Path.Combine(folder, "metrics.jsonl")), line => line.Contains($"\"step\":{step},", StringComparison.Ordinal));

    private static void Wrong(string folder, string name, Action<List<string>> change, string found)
    {
        var path = Path.Combine(folder, name);
        var before = File.ReadAllText(path);
        var lines = File.ReadAllLines(path).ToList();
        change(lines);
        File.WriteAllText(path, string.Concat(lines.Select(line => $"{line}\n")));
        var (exitCode, output) = Run(folder);
        Assert.Equal(1, exitCode);
        Assert.Matches($"\nnot so: .*{found}", output);
        File.WriteAllText(path, before);
    }

    private static (int ExitCode, string Output) Run(string folder)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var exitCode = AuditCommand.Run(folder, output);
        return (exitCode, output.ToString());
    }

    [GeneratedRegex("\n110 steps: every sample was taken exactly once\n$")]
    private static partial Regex Whole();

    [GeneratedRegex("\"lineage\":[0-9]+")]
    private static partial Regex Lineage();

    [GeneratedRegex("\"generation\":[0-9]+")]
    private static partial Regex Generation();

    [GeneratedRegex("\"step\":[0-9]+")]
    private static partial Regex Step();
}
