using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Tests.Storage;

/// <summary>Metrics lines that wait for the root of their step's parameters, and the history that they make.</summary>
public sealed class ProvenLinesTests : IDisposable
{
    private static readonly Lineage First = new(new Generation(1)), Second = new(new Generation(3));
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ALineIsWrittenWithTheRootOfTheVersionAfterItsStep()
    {
        using var journal = Open();
        journal.Proven(Proof(First, 0));
        Decide(journal, First, 0);
        Assert.Empty(Lines());
        journal.Proven(Proof(First, 1));
        Assert.Equal([(0L, Root(1))], Lines());
        Assert.Equal(Proof(First, 1).Leaves, LeafSegments.Find(_folder.Path, 1, 1));
    }

    [Fact]
    public void ALineIsNeverHeldBackBeyondTheNextDecision()
    {
        using var journal = Open();
        Decide(journal, First, 0);
        Decide(journal, First, 1);
        Assert.Equal([(0L, null)], Lines());
        journal.Complete();
        Assert.Equal([(0L, null), (1, null)], Lines());
        journal.Complete();
        Assert.Equal(2, Lines().Count());
    }

    [Fact]
    public void AProofOfAnotherHistoryIsNotThatLines()
    {
        using var journal = Open();
        Decide(journal, First, 0);
        journal.Proven(Proof(Second, 1));
        Assert.Equal([(0L, null)], Lines());
    }

    [Fact]
    public void TheLineOfAStepThatOrphansHadDecidedTakesTheRootOfTheLineageThatGoesOnFromThere()
    {
        using (var journal = Open())
        {
            Decide(journal, First, 0);
            journal.Proven(Proof(First, 1));
        }

        using (var successor = Open())
        {
            // The one whose line was written, and the one whose line died with the coordinator.
            successor.Led(DecisionOf(First, 0), Second.Began, Now);
            successor.Led(DecisionOf(First, 1), Second.Began, Now);
            successor.Proven(Proof(Second, 2));
            Decide(successor, Second, 2);
            successor.Proven(Proof(First, 3));
        }

        Assert.Equal([(0L, Root(1)), (1, Root(2)), (2, null)], Lines());
    }

    [Fact]
    public void TheSuccessorOfADeadCoordinatorCompletesItsLastLineOnce()
    {
        using (var journal = Open())
        {
            Decide(journal, First, 0);
            journal.Proven(Proof(First, 1));
            Decide(journal, First, 1);
        }

        Assert.Equal([(0L, Root(1))], Lines());
        using (var successor = Open())
        {
            // From the replicas: what it knows, and what it did not.
            Decide(successor, First, 0);
            Decide(successor, First, 1);
            Decide(successor, First, 1);
            successor.Proven(Proof(First, 2));
            Assert.Equal(2, successor.NextStep);
        }

        Assert.Equal([(0L, Root(1)), (1, Root(2))], Lines());
    }

    [Fact]
    public void WithoutRootsALineIsWrittenAtOnce()
    {
        using var journal = new RunJournal(_folder.Path, RunSpecs.Record().Spec);
        Decide(journal, First, 0);
        Assert.Equal([(0L, null)], Lines());
    }

    [Fact]
    public void TheSurvivingHistoryIsTheNewestOneAndWhatItContinues()
    {
        using (var journal = Open())
        {
            for (var step = 0; step < 5; step++)
            {
                Decide(journal, First, step);
            }

            Decide(journal, Second, 3);
            Decide(journal, Second, 4);
            journal.Complete();
        }

        var history = SurvivingHistory.Read(_folder.Path);
        Assert.Equal([(0L, 1L), (1, 1), (2, 1), (3, 3), (4, 3)], history.Lines.Values.Select(line => (line.Step, line.Lineage)));
        Assert.Equal(4, history.LastStep);
        Assert.Equal([0L], SurvivingHistory.Of(history.Lines.Values.Take(2).Append(history.Lines[4] with { Step = 0, Lineage = 9 })).Lines.Keys);
    }

    private static void Decide(RunJournal journal, Lineage lineage, long step) => journal.Decided(DecisionOf(lineage, step), lineage.Began, Now);

    private static Decision DecisionOf(Lineage lineage, long step) =>
        new(lineage, step, DecisionKind.Commit, new UpdateScalars(1, 1, 1, 1), 2.5, 1, step + 1, 0, DecisionDigest.Genesis(lineage));

    private static VersionProven Proof(Lineage lineage, long version) =>
        new(lineage, version, Sha256.OfBlock([version]), PartitionProof.Beginnings([Sha256.OfBlock([version])]));

    private static string Root(long version) => Sha256.OfBlock([version]).ToString();

    private IEnumerable<(long Step, string? Root)> Lines() =>
        JsonLines.Read(_folder.File(RunFolder.MetricsFileName), StorageJson.Default.MetricsLine).Select(line => (line.Step, line.Root));

    private RunJournal Open() => new(_folder.Path, RunSpecs.Record().Spec, roots: true);
}
