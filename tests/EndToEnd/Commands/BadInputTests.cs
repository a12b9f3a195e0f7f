using System.Text;
using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.EndToEnd.Tests.Commands;

/// <summary>Whatever a user gets wrong, through the real program: one line that names the setting, exit code 2, and nothing written.</summary>
public sealed class BadInputTests : IDisposable
{
    private const int BadInput = 2;

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-bad-").FullName;

    private string Out => Path.Combine(_folder, "run");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("--data", "missing.txt", "--data missing.txt: ")]
    [InlineData("--data", "empty.txt", "--data empty.txt: ")]
    [InlineData("--data", "binary.txt", "--data binary.txt: ")]
    [InlineData("--data", "short.txt", "--data: the training part of the text has 1 tokens; must have 2 or more", "--data: the validation part of the text has 1 tokens; must have 2 or more")]
    [InlineData("--data", "empty-folder", "--data empty-folder: ")]
    [InlineData("--context", "100000", "--context 100000: must be from 1 to 8549: the training part has 8550 tokens", "--context 100000: must be from 1 to 949: the validation part has 950 tokens")]
    [InlineData("--global-batch", "33", "--global-batch 33: must be a multiple of --lanes 16")]
    [InlineData("--width", "130", "--width 130: must be a multiple of --heads 4")]
    [InlineData("--lanes", "12", "--lanes 12: must be a power of two from 1 to 4096")]
    [InlineData("--lanes", "many", "--lanes many: must be a whole number, a power of two from 1 to 4096")]
    [InlineData("--partitions", "4097", "--partitions 4097: must be from 1 to 4096")]
    [InlineData("--device", "cuda:63", "--device cuda:63: is not on this machine; must be cpu")]
    [InlineData("--device-memory", "999TB", "--device-memory 999TB: must be at most ")]
    [InlineData("--fault", "kill:worker=9@step=1", "--fault kill:worker=9@step=1: worker must be from 0 to 3")]
    [InlineData("--report", "none/report.json", "--report none/report.json: must be a file in a folder that exists, or in --out")]
    [InlineData("--report", "/proc/report.json", "--report /proc/report.json: cannot be written there: ")]
    [InlineData("--config", "bad.yaml", "lane (bad.yaml line 1): unknown setting; did you mean lanes?", "--lr 0 (bad.yaml line 2): must be above 0 and at most 100")]
    public async Task IsALineForEachMistakeAndNothingIsWritten(string flag, string value, params string[] lines)
    {
        File.WriteAllText(Path.Combine(_folder, "text.txt"), string.Concat(Enumerable.Repeat("to be or not to be ", 500)));
        File.WriteAllText(Path.Combine(_folder, "empty.txt"), "");
        File.WriteAllText(Path.Combine(_folder, "short.txt"), "ab");
        File.WriteAllBytes(Path.Combine(_folder, "binary.txt"), [.. Encoding.ASCII.GetBytes("text, then "), 0xff, 0xfe, 0x00, 0xc3]);
        File.WriteAllText(Path.Combine(_folder, "bad.yaml"), "lane: 4\nlr: 0\n");
        Directory.CreateDirectory(Path.Combine(_folder, "empty-folder"));
        string[] before = Entries();
        string[] data = flag == "--data" ? [] : ["--data", "text.txt"];
        AssertRefused(await AtomProgram.RunIn(_folder, ["train", "--out", "run", .. data, flag, value]), lines);
        Assert.Equal(before, Entries());
    }

    [Fact]
    public async Task AnEngineThatIsNotThereIsNamedByTheSettingThatSaysWhichToUse()
    {
        var ended = await AtomProgram.RunIn(_folder, new Dictionary<string, string?> { ["ATOMGRAINS_NATIVE"] = "/nowhere/engine.so", ["ATOMGRAINS_LIBTORCH"] = "/opt/libtorch" }, ["train", "--out", "run", .. Spec.Short.Arguments]);
        AssertRefused(ended, ["--libtorch /opt/libtorch: the tensor engine's library /nowhere/engine.so does not exist; run ./atom with --refresh"]);
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public async Task AFolderWithAFileOfSomebodysIsLeftAsItWas()
    {
        Directory.CreateDirectory(Out);
        File.WriteAllText(Path.Combine(Out, "config.json"), "mine");
        AssertRefused(await AtomProgram.RunIn(_folder, ["train", "--out", "run", .. Spec.Short.Arguments]), ["--out run: holds config.json without run.json; must be empty or new"]);
        Assert.Equal(["run", "run/config.json"], Entries());
        Assert.Equal("mine", File.ReadAllText(Path.Combine(Out, "config.json")));
    }

    private string[] Entries() =>
        [.. Directory.EnumerateFileSystemEntries(_folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_folder, path)).Order(StringComparer.Ordinal)];

    private static void AssertRefused(Ended ended, string[] lines)
    {
        string[] errors = [.. ended.Errors.TrimEnd().Split('\n').Where(line => !line.StartsWith("warning: ", StringComparison.Ordinal))];
        Assert.True(errors.Length == lines.Length, ended.ToString());
        Assert.All(errors.Zip(lines), pair => Assert.StartsWith($"error: {pair.Second}", pair.First, StringComparison.Ordinal));
        Assert.Equal(BadInput, ended.ExitCode);
    }
}
