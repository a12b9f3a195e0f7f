using AtomGrains.Commands;
using AtomGrains.Core.Options;

namespace AtomGrains.EndToEnd.Tests.Proofs;

public sealed class DiffTests : IDisposable
{
    private readonly RecordedRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void AChangedBitIsNamedByStepPartitionAndBlock()
    {
        // Element 43 lies in block 5 of 10; of three partitions, block 5 is in the second, of five in the third.
        var (code, said) = Diff(_runs.Record("a"), _runs.Record("b", flip: (6, 43)));
        Assert.Equal(1, code);
        Assert.StartsWith("DIFFERENT first at step 6: root ", said[0], StringComparison.Ordinal);
        Assert.Equal("in block 5 (elements 40 to 47), in partition 1; it alone", said[1]);
    }

    [Fact]
    public void PartitionsOfBothRunsAreNamedWhereTheyAreNotTheSame()
    {
        var (code, said) = Diff(_runs.Record("a"), _runs.Record("b", partitions: 5, flip: (3, 74)));
        Assert.Equal(1, code);
        Assert.Equal("the specs differ: partitions is 3 in A and 5 in B", said[0]);
        Assert.StartsWith("DIFFERENT first at step 3: root ", said[1], StringComparison.Ordinal);
        Assert.Equal("in block 9 (elements 72 to 79), in partition 2 of A and 4 of B; it alone", said[2]);
    }

    [Fact]
    public void EqualRunsAreEqualWhateverTheirPartitions()
    {
        var (code, said) = Diff(_runs.Record("a"), _runs.Record("b", partitions: 1));
        Assert.Equal(0, code);
        Assert.Equal("EQUAL: the losses of all 10 steps that both runs have, and 10 roots of their parameters", said[1]);
    }

    [Fact]
    public void WithoutRootsTheFirstLossThatDiffersIsNamed()
    {
        var (code, said) = Diff(_runs.Record("a", roots: false), _runs.Record("b", flip: (6, 43), roots: false));
        Assert.Equal(1, code);
        Assert.StartsWith("DIFFERENT first at step 7: loss ", said[0], StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutHashesOfBlocksTheStepIsNamedAndWhereToLook()
    {
        var (a, b) = (_runs.Record("a"), _runs.Record("b", flip: (6, 43)));
        Directory.Delete(Path.Combine(a, "roots"), recursive: true);
        var (code, said) = Diff(a, b);
        Assert.Equal(1, code);
        Assert.StartsWith("DIFFERENT first at step 6: root ", said[0], StringComparison.Ordinal);
        Assert.Contains("./atom verify computes the step again", said[1], StringComparison.Ordinal);
    }

    [Fact]
    public void ARecordedRootThatWasChangedIsToldFromBlocksThatWere()
    {
        var (a, b) = (_runs.Record("a"), _runs.Record("b"));
        var metrics = Path.Combine(b, "metrics.jsonl");
        var lines = File.ReadAllLines(metrics);
        lines[4] = lines[4].Replace("\"root\":\"", "\"root\":\"0", StringComparison.Ordinal);
        File.WriteAllText(metrics, string.Join('\n', lines) + "\n");
        var (code, said) = Diff(a, b);
        Assert.Equal(1, code);
        Assert.StartsWith("DIFFERENT first at step 4: root ", said[0], StringComparison.Ordinal);
        Assert.Contains("one of the two roots is not that of its blocks", said[1], StringComparison.Ordinal);
    }

    [Fact]
    public void HashesOfBlocksThatAreSomethingElseAreALine()
    {
        var (a, b) = (_runs.Record("a"), _runs.Record("b", flip: (6, 43)));
        File.WriteAllText(Directory.GetFiles(Path.Combine(a, "roots")).Order().First(), "no hashes, and long enough for a header");
        var line = Assert.Throws<InvalidSettingsException>(() => Diff(a, b)).Message;
        Assert.StartsWith($"diff {a} {b}: ", line, StringComparison.Ordinal);
        Assert.EndsWith("holds no hashes of blocks that this version reads", line, StringComparison.Ordinal);
    }

    [Fact]
    public void AFolderWithoutARunIsALine() =>
        Assert.Equal("diff /no/such: holds no run (no run.json)", Assert.Throws<InvalidSettingsException>(() => Diff("/no/such", "/no/such")).Message);

    private static (int Code, string[] Said) Diff(string a, string b)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var code = DiffCommand.Run(a, b, output);
        return (code, output.ToString().TrimEnd().Split('\n'));
    }
}
