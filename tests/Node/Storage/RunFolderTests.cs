using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Tests.Storage;

public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Out => _folder.File("run");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ANewFolderHoldsWhatTheRunStartsFrom()
    {
        var record = RunSpecs.Record();
        using (var run = RunFolder.Open(Out, record))
        {
            Assert.False(run.IsResumed);
            run.Begin(RunSpecs.Text);
        }

        var read = RunRecord.Read(Out)!;
        Assert.Equal(record.Spec, read.Spec);
        Assert.Equal(RunSpecIdentity.Hash(record.Spec), read.SpecHash);
        using var source = TokenFileSource.OpenTraining(Out, read.Spec);
        Assert.Equal(112, source.Count);
        Assert.Equal(RunSpecs.Text.Tokenizer.VocabularySize, TokenizerFile.Read(Out).VocabularySize);
    }

    [Fact]
    public void AFolderInUseIsRefusedWithTheProcessThatUsesIt()
    {
        using var first = Begin();
        AssertRefused(RunSpecs.Record(), $"run folder in use by process {Environment.ProcessId};");
        AssertRefused(RunSpecs.Record(spec => spec with { Seed = 2 }), "run folder in use");
    }

    [Fact]
    public void AFolderIsFreeAgainWhenItsHolderIsGone()
    {
        Begin().Dispose();
        Assert.False(RunFolderLock.IsHeld(Out));
        using var again = RunFolder.Open(Out, RunSpecs.Record());
        Assert.True(again.IsResumed);
        Assert.True(RunFolderLock.IsHeld(Out));
    }

    [Fact]
    public void AnotherRunIsRefusedNamingTheFieldsThatDiffer()
    {
        Begin().Dispose();
        AssertRefused(
            RunSpecs.Record(spec => spec with { Seed = 2, Model = spec.Model with { Width = 64 } }),
            "holds another run (model.width is 128 there and 64 here, seed is 1337 there and 2 here)");
        AssertRefused(RunSpecs.Record(bitsClass: "cpu/other"), "bits_class is cpu/test there and cpu/other here");
    }

    [Fact]
    public void AnotherBuildOfTheJobIsRefusedUnlessTheEnvironmentMayChange()
    {
        var built = RunSpecs.Record() with { Program = new string('a', 64) };
        using (var run = RunFolder.Open(Out, built))
        {
            run.Begin(RunSpecs.Text);
        }

        using (var same = RunFolder.Open(Out, built))
        {
            Assert.True(same.IsResumed);
        }

        var other = built with { Program = new string('b', 64) };
        AssertRefused(other, "program is aaaaaaaaaaaa there and bbbbbbbbbbbb here: another build of AtomGrains), which may change its bits; must be a new folder, or allowed by --allow-environment-change");
        AssertRefused(other with { BitsClass = "cpu/other" }, "(bits_class is cpu/test there and cpu/other here, program is aaaaaaaaaaaa there");
        using var allowed = RunFolder.Open(Out, other, allowEnvironmentChange: true);
        Assert.Equal(other.Program, allowed.Record.Program);
    }

    [Fact]
    public void ARunThatDoesNotSayWhichProgramItIsOfGoesOn()
    {
        Begin().Dispose();
        using var run = RunFolder.Open(Out, RunSpecs.Record() with { Program = new string('b', 64) });
        Assert.True(run.IsResumed);
    }

    [Fact]
    public void ARunOfAClusterIsRefused()
    {
        Begin().Dispose();
        File.WriteAllText(Path.Combine(Out, RunFolder.RequestFileName), "{}");
        AssertRefused(RunSpecs.Record(), "holds a run of a cluster");
    }

    [Fact]
    public void AFinishedRunIsRefusedAndItsWeightsAreReadable()
    {
        var layout = new ParameterLayout([new ParameterEntry("w", [2, 2], 0, true)]);
        using (var run = Begin())
        {
            var configuration = new Dictionary<string, object> { ["n_layer"] = 2, ["bias"] = false, ["dropout"] = 0.5, ["architectures"] = new[] { "GPT" } };
            Assert.Equal(WeightsHash.Of([1, 2, 3, 4]), WeightsFile.Write(Out, layout, new float[] { 1, 2, 3, 4 }, configuration));
            run.Finish(DateTimeOffset.UnixEpoch);
        }

        AssertRefused(RunSpecs.Record(), "holds this run, finished at 1970-01-01 00:00:00Z");
        using var file = File.OpenRead(Path.Combine(Out, RunFolder.WeightsFileName));
        Assert.Equal([1, 2, 3, 4], Assert.Single(SafeTensorsReader.Read(file).Tensors).Values);
        var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Out, ConfigurationFile.FileName))).RootElement;
        Assert.Equal("""{"n_layer":2,"bias":false,"dropout":0.5,"architectures":["GPT"]}""", JsonSerializer.Serialize(config));
    }

    [Fact]
    public void ARefusalLeavesTheFolderAsItWas()
    {
        _folder.Write("run/metrics.jsonl", "x\n"u8.ToArray());
        AssertRefused(RunSpecs.Record(), "holds metrics.jsonl without run.json");
        Assert.Equal(["metrics.jsonl"], Directory.EnumerateFileSystemEntries(Out).Select(Path.GetFileName));
        File.Delete(Path.Combine(Out, "metrics.jsonl"));
        _folder.Write("run/run.json", "{}"u8.ToArray());
        AssertRefused(RunSpecs.Record(), "holds something else: run.json");
        Assert.Equal(["run.json"], Directory.EnumerateFileSystemEntries(Out).Select(Path.GetFileName));
    }

    [Fact]
    public void ARunWithoutSpaceLeavesNothing()
    {
        AssertRefused(RunSpecs.Record(spec => spec with { Data = spec.Data with { TrainTokens = 1L << 60 } }), "must be on a disk with enough space");
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public void AFolderThatCannotBeWrittenIsRefused()
    {
        _folder.Write("file", [1]);
        var error = Assert.Throws<InvalidSettingsException>(() => RunFolder.Open(_folder.File("file/run"), RunSpecs.Record()));
        Assert.Contains("must be a folder that can be written", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<InvalidSettingsException>(() => RunFolder.Open(_folder.File("file"), RunSpecs.Record()));
        Assert.Contains("must be a folder that can be written", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("tokenizer.json")]
    [InlineData("tokens.bin")]
    [InlineData("settings.json")]
    [InlineData("status.json")]
    [InlineData("supervisor.json")]
    [InlineData("metrics.jsonl")]
    [InlineData("metrics-given-up.jsonl")]
    [InlineData("faults.jsonl")]
    [InlineData("model.safetensors")]
    [InlineData("views/1.json")]
    [InlineData("losses/1.json")]
    [InlineData("roots/1.bin")]
    [InlineData("lanes/1")]
    [InlineData("processes/1.json")]
    [InlineData("supervisors/1.json")]
    [InlineData("struck/1")]
    [InlineData("checkpoints/mine")]
    [InlineData("orphans/mine")]
    [InlineData("logs/mine.log")]
    public void FilesOfSomebodyWithNamesOfARunAreNotReplaced(string name)
    {
        var path = _folder.Write(Path.Combine("run", name), "mine"u8.ToArray());
        var entry = name.Split('/')[0];
        AssertRefused(RunSpecs.Record(), $"holds {entry} without run.json; must be empty or new");
        Assert.Equal("mine", File.ReadAllText(path));
        Assert.Equal([entry], Directory.EnumerateFileSystemEntries(Out).Select(Path.GetFileName));
    }

    [Fact]
    public void OtherFilesOfSomebodyStay()
    {
        var path = _folder.Write("run/notes.txt", "mine"u8.ToArray());
        Begin().Dispose();
        Assert.Equal("mine", File.ReadAllText(path));
    }

    [Fact]
    public void WhatACrashLeftBeforeTheRunBeganIsReplaced()
    {
        _folder.Write("run/run.lock", []);
        _folder.Write("run/settings.json", "{"u8.ToArray());
        _folder.Write("run/tokenizer.json", "{"u8.ToArray());
        _folder.Write("run/tokens.bin", [1, 2, 3]);
        _folder.Write("run/.tmp-2147483647-dead", [1]);
        using var run = Begin();
        using var source = TokenFileSource.OpenTraining(Out, run.Record.Spec);
        Assert.Equal(112, source.Count);
        Assert.Empty(Directory.EnumerateFiles(Out, ".tmp-*"));
    }

    [Fact]
    public void WhatACrashLeftInTheRegisterIsRemovedAtTheNextStart()
    {
        using (var run = Begin())
        {
            run.OpenRegister();
        }

        _folder.Write("run/views/.tmp-2147483647-dead", [1]);
        using var again = RunFolder.Open(Out, RunSpecs.Record());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Out, FileRegister.FolderName)));
    }

    [Theory]
    [InlineData(TokenFileSource.FileName)]
    [InlineData(TokenizerFile.FileName)]
    public void AResumedRunWhoseDataChangedIsRefused(string name)
    {
        Begin().Dispose();
        var path = Path.Combine(Out, name);
        var content = File.ReadAllBytes(path);
        content[content.Length / 2] ^= 1;
        File.WriteAllBytes(path, content);
        Assert.Contains("holds other data than this run began with", Refusal(), StringComparison.Ordinal);
        Assert.Contains(RunSpecs.Text.Data.Hash, Refusal(), StringComparison.Ordinal);

        content[content.Length / 2] ^= 1;
        File.WriteAllBytes(path, content);
        Begin().Dispose();

        File.Delete(path);
        Assert.Contains("holds this run without its data", Refusal(), StringComparison.Ordinal);

        string Refusal() => Assert.Single(Assert.Throws<InvalidSettingsException>(() => Begin().Dispose()).Errors).ToString();
    }

    [Fact]
    public void AResumedRunGoesOnInItsRegister()
    {
        using (var run = Begin())
        {
            Assert.True(run.OpenRegister().TryCreate(new Generation(1), "{}"u8.ToArray()));
        }

        using var again = RunFolder.Open(Out, RunSpecs.Record());
        Assert.False(again.OpenRegister().TryCreate(new Generation(1), "{}"u8.ToArray()));
        Assert.Equal(new Generation(1), again.OpenRegister().Newest()!.Value.Generation);
    }

    [Fact]
    public void AConfigurationOfOtherThingsIsRefused() => Assert.Throws<ArgumentException>(
        () => ConfigurationFile.Serialize(new Dictionary<string, object> { ["when"] = DateTimeOffset.UnixEpoch }));

    private RunFolder Begin()
    {
        var run = RunFolder.Open(Out, RunSpecs.Record());
        try
        {
            run.Begin(RunSpecs.Text);
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    private void AssertRefused(RunRecord record, string reason)
    {
        var error = Assert.Throws<InvalidSettingsException>(() => RunFolder.Open(Out, record));
        Assert.Contains(reason, Assert.Single(error.Errors).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
