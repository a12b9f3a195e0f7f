using AtomGrains.Core.Protocol;
using AtomGrains.Simulator;

namespace AtomGrains.Core.Tests.Simulation.Mutations;

public class MutationTests
{
    // Walks that are allowed until the broken rule shows; the rarest needs 23.
    private const ulong MostSeeds = 60;

    private static readonly Dictionary<string, (Func<ProtocolRules> Rules, string Violation)> Cases = new()
    {
        ["no fence"] = (() => new Mutations.NoFence(), "I6:"),
        ["seal before the backup has it"] = (() => new Mutations.SealBeforeTheBackupHasIt(), "never had the reduced slice"),
        ["a decision applied twice"] = (() => new Mutations.DecisionAppliedTwice(), "the decision continues"),
        ["a forgotten lane"] = (() => new Mutations.ForgottenLane(), "holds a lane twice or not at all"),
        ["a lane counted twice"] = (() => new Mutations.LaneCountedTwice(), "holds a lane twice or not at all"),
        ["an overlapping partial dropped"] = (() => new Mutations.OverlappingPartialDropped(), "I11:"),
        ["a push taken for another step"] = (() => new Mutations.PushTakenForAnotherStep(), "holds lanes of another step"),
        ["a generation used twice"] = (() => new Mutations.GenerationUsedTwice(), "names two views"),
        ["a half-applied decision made anew"] = (() => new Mutations.HalfAppliedDecisionMadeAnew(), "is decided in two ways"),
        ["the line of a decided step forgotten"] = (() => new Mutations.LineOfADecidedStepForgotten(), "Records:"),
        ["a backup promoted one version behind"] = (() => new Mutations.BackupPromotedOneVersionBehind(), "R3: g"),
        ["a stale replica of an older view promoted"] = (() => new Mutations.StaleReplicaOfAnOlderViewPromoted(), "is no replica of the view before"),
        ["a cut-off replica that seals alone"] = (() => new Mutations.CutOffReplicaSealsAlone(), "never had the reduced slice"),
        ["a joiner recorded before it holds the reduced slice"] = (() => new Mutations.JoinerRecordedBeforeItHoldsTheReducedSlice(), "R4:"),
        ["an acknowledgement of another generation counted"] = (() => new Mutations.AcknowledgementOfAnotherGenerationCounted(), "took a ReducedHeld of an old generation"),
        ["a root of an older version"] = (() => new Mutations.RootOfAnOlderVersion(), "is not that of its blocks"),
        ["a skip applied by one partition only"] = (() => new Mutations.SkipAppliedByOnePartitionOnly(), "was skipped, yet it changed"),
        ["a poison count lost at a new view"] = (() => new Mutations.PoisonCountLostAtANewView(), "has forgotten that lane"),
        ["a kill from outside counted as poison"] = (() => new Mutations.KillFromOutsideCountedAsPoison(), "which it did not end"),
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
        World.Catches(name, rules, violation, MostSeeds, seed => World.Walk(seed) with { Salted = salted });
    }

    [Fact]
    public void ThereAreNineteen() => Assert.Equal(19, Cases.Values.Select(broken => broken.Rules().GetType()).Distinct().Count());
}
