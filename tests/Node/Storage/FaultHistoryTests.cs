using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Tests.Storage;

/// <summary>The ledger as a reader finds it, whatever its writer died of.</summary>
public sealed class FaultHistoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Ledger => _folder.File(RunFolder.FaultsFileName);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ALedgerThatIsNotThereYetIsEmpty() => Assert.Equal((0, 0, 0L), Counts(FaultHistory.Read(_folder.Path)));

    [Fact]
    public void EveryCutOfTheLedgerCostsTheReaderAtMostTheTornLineAndTheNextWriterSaysSo()
    {
        Write(journal => new FaultLedger(_folder.Path, journal, () => 0).Scaled(4, 8, new Generation(3)), times: 2);
        var whole = File.ReadAllBytes(Ledger);
        var first = Array.IndexOf(whole, (byte)'\n') + 1;
        for (var cut = 0; cut <= whole.Length; cut++)
        {
            File.WriteAllBytes(Ledger, whole[..cut]);
            var (kept, end) = cut < first ? (0, 0) : cut < whole.Length ? (1, first) : (2, whole.Length);
            Assert.Equal((kept, 0, cut - end), Counts(FaultHistory.Read(_folder.Path)));
            using (var journal = new RunJournal(_folder.Path, RunSpecs.Record().Spec))
            {
                Assert.Equal(cut == end ? [] : [$"the last line of faults.jsonl was cut off by a crash: its {cut - end} bytes are removed"], journal.Torn);
            }

            Assert.Equal((kept, 0, 0L), Counts(FaultHistory.Read(_folder.Path)));
        }
    }

    [Fact]
    public void ALossIsOpenFromTheMomentItIsKnownUntilItHasItsLine()
    {
        using var journal = new RunJournal(_folder.Path, RunSpecs.Record().Spec);
        var ledger = new FaultLedger(_folder.Path, journal, () => 0);
        var now = DateTimeOffset.UtcNow;
        ledger.Lost(new MemberLost(new NodeId(2), LossCause.Ended, 30, new Generation(1)), 30, new LostNode(1, now, new OrderedStrike(new FaultOrder(FaultKind.Kill, 1, 30), now)));
        Assert.Equal((0, 1, 0L), Counts(FaultHistory.Read(_folder.Path)));
        ledger.CloseAll();
        Assert.Equal((1, 0, 0L), Counts(FaultHistory.Read(_folder.Path)));
    }

    [Fact]
    public void LinesWithoutASchemaAreOfTheFirstAndThoseOfANewerOneAreRefused()
    {
        Write(journal => new FaultLedger(_folder.Path, journal, () => 0).Scaled(4, 8, new Generation(3)), times: 2);
        var text = File.ReadAllText(Ledger);
        File.WriteAllText(Ledger, text.Replace("\"schema\":1,", "", StringComparison.Ordinal).Replace("{\"ts\"", "{\"later\":[1],\"ts\"", StringComparison.Ordinal));
        Assert.Equal([1, 1], FaultHistory.Read(_folder.Path).Lines.Select(line => line.Schema));
        File.WriteAllText(Ledger, text.Remove(text.LastIndexOf("\"schema\":1", StringComparison.Ordinal) + 9, 1).Insert(text.LastIndexOf("\"schema\":1", StringComparison.Ordinal) + 9, "2"));
        Assert.Equal(
            "faults.jsonl: line 2 has schema 2; this version reads up to 1",
            Assert.Throws<InvalidDataException>(() => FaultHistory.Read(_folder.Path)).Message);
    }

    [Fact]
    public void EachKindIsCountedOnceAndAsSoonAsItIsKnown()
    {
        using var journal = new RunJournal(_folder.Path, RunSpecs.Record().Spec);
        var ledger = new FaultLedger(_folder.Path, journal, () => 0);
        ledger.Lost(new MemberLost(new NodeId(2), LossCause.Ended, 30, new Generation(1)), 30, new LostNode(1, DateTimeOffset.UtcNow, null));
        Assert.Empty(ledger.TakeKnown());
        ledger.Ended(new NodeId(2), "device", null);
        Assert.Equal([("device", "node")], ledger.TakeKnown());
        Assert.Empty(ledger.TakeKnown());
    }

    [Fact]
    public void ThePageAboutTheLedgerExplainsEveryField()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Path.Combine(folder.FullName, "docs", "fault-ledger.md") is var page && File.Exists(page))
            {
                var text = File.ReadAllText(page);
                Assert.Contains($"schema {FaultLine.CurrentSchema}\n", text, StringComparison.Ordinal);
                var fields = StorageJson.Default.FaultLine.Properties.Concat(StorageJson.Default.RecoverySeconds.Properties).Select(property => $"`{property.Name}`");
                Assert.All(fields, field => Assert.Contains(field, text, StringComparison.Ordinal));
                return;
            }
        }

        Assert.Fail("docs/fault-ledger.md was not found above the tests");
    }

    private static (int Lines, int Open, long Torn) Counts(FaultHistory history) => (history.Lines.Count, history.Open.Count, history.TornBytes);

    private void Write(Action<RunJournal> act, int times)
    {
        using var journal = new RunJournal(_folder.Path, RunSpecs.Record().Spec);
        for (var i = 0; i < times; i++)
        {
            act(journal);
        }
    }
}
