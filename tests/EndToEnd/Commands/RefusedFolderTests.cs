using AtomGrains.Commands;
using AtomGrains.Core.Runs;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Storage;

namespace AtomGrains.EndToEnd.Tests.Commands;

/// <summary>Run folders of which something cannot be read: a line that names the folder, and nothing is written.</summary>
public sealed class RefusedFolderTests : IDisposable
{
    private readonly string _folder = TrainProcess.NewFolder();

    public RefusedFolderTests()
    {
        Directory.CreateDirectory(_folder);
        var spec = new RunSpec { Model = new ModelSpec(), Optimizer = new OptimizerSpec(), Evaluation = new EvaluationSpec(), Data = TestData };
        RunRecord.Of(spec, "cpu/test", new Dictionary<string, string>(), DateTimeOffset.UnixEpoch).Write(_folder);
    }

    private static DataSpec TestData => TokenizedCorpus.Of(Corpus.FromBytes("text", File.ReadAllBytes(TestText.Path)), "char", 16).Data;

    public void Dispose() => TrainProcess.Remove(_folder);

    [Fact]
    public async Task AnotherUsersRunIsRefused()
    {
        // What cannot be opened as a file: a root user, who may read any, is denied it as well.
        Directory.CreateDirectory(Path.Combine(_folder, SupervisorPost.FileName));
        await IsRefused("holds something else: Access to the path ", "--data", TestText.Path);
        await IsRefused("holds something else: Access to the path ", "--resume");
    }

    [Fact]
    public async Task ABrokenFileOfASupervisorIsRefused()
    {
        File.WriteAllText(Path.Combine(_folder, SupervisorPost.FileName), "{");
        await IsRefused($"holds something else: {SupervisorPost.FileName}: ", "--resume");
    }

    private async Task IsRefused(string reason, params string[] options)
    {
        using var errors = new StringWriter();
        var train = new TrainCommand(TextWriter.Null, new JobRegistry(), []);
        var code = await new CommandLine(train.RunAsync, train.RunAsync, TextWriter.Null, errors).RunAsync(["train", "--out", _folder, "--workers", "1", .. options]);
        Assert.Equal(CommandLine.BadInput, code);
        Assert.StartsWith($"error: --out {_folder}: {reason}", Assert.Single(errors.ToString().TrimEnd().Split('\n')), StringComparison.Ordinal);
    }
}
