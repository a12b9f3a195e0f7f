using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol;

/// <summary>What a primary proves with its seals, and what it does about a backup that holds something else.</summary>
public class ProofTests
{
    private readonly ReplicaBench _primary = new(Primary, ViewOf(1, Primary, Backup));
    private readonly ReplicaBench _backup = new(Backup, ViewOf(1, Primary, Backup));

    [Fact]
    public void ASealProvesTheParametersThatItsStepWasComputedOn()
    {
        Seal(step: 0, last: null);
        Assert.Equal(RootOf(_primary), RootOf(_primary.Replica.Seal!));
        var before = RootOf(_primary);
        Decide(Commit(0));
        Seal(step: 1, last: Commit(0));
        Assert.Equal(RootOf(_primary), RootOf(_primary.Replica.Seal!));
        Assert.NotEqual(before, RootOf(_primary));
    }

    [Fact]
    public void HashesMadeBeforehandAreThoseOfTheSeal()
    {
        Assert.Equal(1, _primary.Replica.Prove(1));
        Assert.Equal(1, _primary.Replica.Prove(9));
        Assert.Equal(0, _primary.Replica.Prove(9));
        Seal(step: 0, last: null);
        Assert.Equal(RootOf(_primary), RootOf(_primary.Replica.Seal!));
        Assert.Equal(0, _backup.Replica.Prove(9));
    }

    [Fact]
    public void ABackupWithOtherParametersIsReportedAndNothingIsSealed()
    {
        var effects = Seal(step: 0, last: null, flip: true);
        Assert.Null(_primary.Replica.Seal);
        Assert.Equal(1, _primary.Tally.ReplicaMismatches);
        Assert.Equal(new ReplicasDiffer(new Generation(1), Partition, Backup, 0), Sent<ReplicasDiffer>(effects));
    }

    [Fact]
    public void TheVersionAfterTheLastStepIsSealedForItsProofAlone()
    {
        var last = (Decision?)null;
        for (var step = 0; step < 3; step++)
        {
            Assert.Null(_primary.Replica.Seal);
            Seal(step, last);
            Decide(last = Commit(step, last));
        }

        var steps = 3;
        var final = new ReplicaBench(Primary, ViewOf(1, Primary), steps);
        for (last = null; final.Replica.State.Version < steps; last = Commit(final.Replica.State.Version!.Value - 1, last))
        {
            final.Handle(Worker, Whole(final.Replica.State.Key));
            final.Decide(Commit(final.Replica.State.Version!.Value, last));
        }

        Assert.Equal((3L, 0), (final.Replica.Seal!.Step, final.Replica.Seal.SumsOfSquares.Count));
        Assert.Equal(RootOf(_primary), RootOf(final.Replica.Seal));
        Assert.Empty(final.Replica.MissingLanes);
        Assert.Null(Sent<Want>(final.Tick()));
    }

    [Fact]
    public void WithoutRootsASealHasNoProof()
    {
        var off = new ReplicaBench(Primary, ViewOf(1, Primary), proves: false);
        off.Handle(Worker, Whole(Key(0)));
        Assert.Equal(0, off.Replica.Prove(9));
        Assert.Null(off.Replica.Seal!.Proof);
    }

    private List<Effect> Seal(long step, Decision? last, bool flip = false)
    {
        var reduced = Sent<Reduced>(_primary.Handle(Worker, Whole(Key(step, last))))!;
        if (flip)
        {
            var bits = BitConverter.SingleToUInt32Bits(_backup.Replica.State.Values[5]) ^ 1;
            _backup.Replica.State.Values[5] = BitConverter.UInt32BitsToSingle(bits);
        }

        return _primary.Handle(Backup, Sent<ReducedHeld>(_backup.Handle(Primary, reduced))!);
    }

    private void Decide(Decision decision)
    {
        _primary.Decide(decision);
        _backup.Decide(decision);
    }

    private static Sha256 RootOf(PartitionSeal seal) => BlockTree.Root(seal.Proof!.SubtreesOf(Layout.Partitions[0]).ToDictionary(), Layout.Blocks);

    private static Sha256 RootOf(ReplicaBench bench) =>
        BlockTree.Root([Sha256.OfBlock(bench.Replica.State.Values.AsSpan(0, 4)), Sha256.OfBlock(bench.Replica.State.Values.AsSpan(4))]);
}
