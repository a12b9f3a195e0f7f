using System.Globalization;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;
using AtomGrains.Grains.Wire;
using AtomGrains.Node.Storage;
using AtomGrains.Silo;
using AtomGrains.Silo.Runs;
using AtomGrains.Silo.Standing;

namespace AtomGrains.Cluster.Tests.Runs;

/// <summary>The folder of all runs, in which a broken one is nobody else's matter.</summary>
public sealed class FolderRunsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("atomgrains-runs-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(RunRecord.FileName)]
    [InlineData(RunEnd.FileName)]
    [InlineData(RunWish.FileName)]
    [InlineData(RunFolder.MetricsFileName)]
    [InlineData(RunFolder.RequestFileName)]
    public void ARunWithABrokenFileTakesNoDeviceFromTheOthers(string file)
    {
        using var runs = Runs;
        var broken = Add("broken");
        Add("good");
        Assert.Equal(["broken", "good"], Names(runs));
        foreach (var content in new[] { "no json\n", "null\n", "[]\n" })
        {
            File.WriteAllText(Path.Combine(broken, file), content);
            Assert.Contains("good", Names(runs));
        }

        File.Delete(Path.Combine(broken, file));

        // As a folder that is somebody else's: it is there and cannot be read.
        Directory.CreateDirectory(Path.Combine(broken, file));
        Assert.Contains("good", Names(runs));
        Directory.Delete(broken, recursive: true);
        Add("broken");
        Assert.Equal(["broken", "good"], Names(runs).Order());
    }

    [Fact]
    public void ARunWantsItsWorkersAndSparesAsTheyAreNowWanted()
    {
        using var runs = Runs;
        var folder = Add("run");

        // Two of its six workers have no lane: they are spares, beside one that was asked for.
        new KeptRequest("", Workers: 6, Spares: 3).Write(folder);
        Assert.Equal(7, Assert.Single(runs.List()).Devices);
        new RunWish { Workers = 2 }.Write(folder);
        Assert.Equal(5, Assert.Single(runs.List()).Devices);
    }

    [Fact]
    public void ARunThatWasGivenAnotherBuildIsOpenedAnew()
    {
        using var runs = Runs;
        var record = RunRecord.Read(Add("run"))! with { Program = "one", Elements = 1000 };
        SavedSettings.Write(Path.Combine(_root, "run"), new Dictionary<string, IReadOnlyList<string>>());
        record.Write(Path.Combine(_root, "run"));
        var first = runs.Find("run")!;
        Assert.Same(first, runs.Find("run"));
        (record with { Program = "two" }).Write(Path.Combine(_root, "run"));
        Assert.Equal(("one", "two"), (first.Plan.Program, runs.Find("run")!.Plan.Program));
        (record with { Program = "two", BitsClass = "elsewhere" }).Write(Path.Combine(_root, "run"));
        Assert.Equal("elsewhere", runs.Find("run")!.Plan.BitsClass);
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("{0}")]
    [InlineData("{0}-of-others/text")]
    [InlineData("{0}/data/../../text")]
    [InlineData("{0}/data/../text")]
    public void DataThatLieOutsideTheirFolderAreRefusedUnread(string data)
    {
        var folder = Path.Combine(_root, "data");
        data = string.Format(CultureInfo.InvariantCulture, data, _root);
        using var runs = RunsOfDataIn(folder);
        var refused = Assert.Throws<InvalidSettingsException>(() => runs.Make(new RunRequest(WireContract.Version, "run", $"layers: 2\ndata: {data}")));
        Assert.Equal($"--data {data} (spec line 2): must lie in {folder}, which has the data of these silos' runs", refused.Message);
        Assert.Empty(runs.List());
    }

    [Theory]
    [InlineData("../elsewhere")]
    [InlineData("/elsewhere")]
    [InlineData("")]
    [InlineData(".")]
    public void NoNameLeadsOutOfTheFolderOfTheRuns(string name)
    {
        using var runs = RunsOfDataIn(null);
        var before = Directory.EnumerateFileSystemEntries(_root).ToList();
        foreach (var call in (Action[])[() => runs.Make(new RunRequest(WireContract.Version, name, "layers: 2")), () => runs.Adopt(name), () => runs.IsSame(new RunRequest(WireContract.Version, name, ""))])
        {
            Assert.Contains("must be 1 to 63 lower-case letters, digits and dashes", Assert.Throws<InvalidSettingsException>(call).Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, Directory.EnumerateFileSystemEntries(_root));
    }

    [Theory]
    [InlineData("data")]
    [InlineData("data/")]
    [InlineData("data/text")]
    public void DataThatLieInTheirFolderAreReadAndWithoutOneAnyAre(string data)
    {
        // They are not there, and that is what is said.
        foreach (var folder in new[] { Path.Combine(_root, "data"), Path.Combine(_root, "data/"), "/", null })
        {
            using var runs = RunsOfDataIn(folder);
            var refused = Assert.ThrowsAny<Exception>(() => runs.Make(new RunRequest(WireContract.Version, "run", $"data: {Path.Combine(_root, data)}")));
            Assert.DoesNotContain("must lie in", refused.Message, StringComparison.Ordinal);
        }
    }

    private FolderRuns Runs => RunsOfDataIn(null);

    private FolderRuns RunsOfDataIn(string? data) => new(_root, null, TimeSpan.FromSeconds(30), ClusterSecret.Parse(new string('a', 64))!, new SiloShape("host", "127.0.0.1", ["cpu"], 0, HasChildren: true), new JobRegistry(), data);

    private static IReadOnlyList<string> Names(FolderRuns runs) => [.. runs.List().Select(entry => entry.Summary.Name)];

    private string Add(string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, name)).FullName;
        var spec = new RunSpec { Lanes = 4, GlobalBatch = 4, Model = new ModelSpec(), Optimizer = new OptimizerSpec(), Evaluation = new EvaluationSpec(), Data = new DataSpec() };
        RunRecord.Of(spec, "test", new Dictionary<string, string>(), DateTimeOffset.UtcNow).Write(folder);
        return folder;
    }
}
