using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Core.Tests.Simulation.Mutations;

/// <summary>The rules of checkpoints, each taken away once.</summary>
public sealed class CheckpointMutationTests
{
    private const ulong MostSeeds = 120;

    private static readonly Dictionary<string, (Func<ProtocolRules> Rules, string Violation)> Cases = new()
    {
        ["slices of different steps in a manifest"] = (() => new SlicesOfDifferentSteps(), "names a slice of step"),
        ["a manifest before its objects"] = (() => new ManifestBeforeTheObjects(), "was written before all of its objects"),
        ["the data position of another step"] = (() => new DataPositionOfAnotherStep(), "I9: the manifest of"),
        ["the manifest in use collected"] = (() => new ManifestInUseCollected(), "which has no checkpoint of its own"),
        ["a void manifest gone on from"] = (() => new VoidManifestGoneOnFrom(), "had given up"),
    };

    public static TheoryData<string, bool> Names()
    {
        var names = new TheoryData<string, bool>();
        foreach (var name in Cases.Keys)
        {
            names.Add(name, false);
            names.Add(name, true);
        }

        return names;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryBrokenRuleIsCaughtAndTheSafeRulesPassTheSameSeeds(string name, bool salted)
    {
        var (rules, violation) = Cases[name];
        World.Catches(name, rules, violation, MostSeeds, seed => World.CheckpointWalk(seed) with
        {
            // Ends that follow each other closely: a manifest that comes late is soon looked at again.
            CheckpointEvery = 1,
            FaultEveryMilliseconds = seed % 2 == 0 ? 120 : 250,
            Salted = salted,
        });
    }

    private sealed class SlicesOfDifferentSteps : ProtocolRules
    {
        public override long CheckpointOf(Decision before) => (before.Step + 1) & ~1L;
    }

    private sealed class ManifestBeforeTheObjects : ProtocolRules
    {
        public override bool MayWriteManifest(int stored, int partitions) => stored > 0;
    }

    private sealed class DataPositionOfAnotherStep : ProtocolRules
    {
        public override long DataPosition(long step, int globalBatch) => (step - 1) * globalBatch;
    }

    private sealed class ManifestInUseCollected : ProtocolRules
    {
        public override bool MayCollect(bool isKept, bool isOrigin, Func<bool> newerIsVerified) => !isKept || isOrigin;
    }

    private sealed class VoidManifestGoneOnFrom : ProtocolRules
    {
        public override bool IsVoid(CheckpointId checkpoint, IEnumerable<long> laterForks) => false;
    }
}
