using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol;
using AtomGrains.Simulator;

namespace AtomGrains.Core.Tests.Simulation.Mutations;

/// <summary>The rules of audits, each taken away once. Salted bits differ with who computes them, so these runs are not.</summary>
public sealed class AuditMutationTests
{
    private const ulong MostSeeds = 60;

    private static readonly Dictionary<string, (Func<ProtocolRules> Rules, double Share, WrongBitsPolicy Policy, string Violation)> Cases = new()
    {
        ["a worker compared with itself"] = (() => new ComparedWithItself(), 1, WrongBitsPolicy.Continue, "R7: "),
        ["a step that does not wait for the audit"] = (() => new TakenUnaudited(), 1, WrongBitsPolicy.Continue, "though every lane is audited"),
        ["the auditor's leaf summed as well"] = (() => new AuditorsLeafSummed(), 0.5, WrongBitsPolicy.Continue, "holds a lane twice or not at all"),
        ["a step that does not wait for the quarantine"] = (() => new ReducedWithTheAccused(), 0.3, WrongBitsPolicy.Continue, "though it knows whose they are"),
        ["the liar's partial kept"] = (() => new LiarsPartialKept(), 0.3, WrongBitsPolicy.Continue, "though it knows whose they are"),
        ["gone back to a step that no audit speaks for"] = (() => new GoneBackTooLittle(), 0.1, WrongBitsPolicy.Rollback, "I5: "),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryBrokenRuleIsCaughtAndTheSafeRulesPassTheSameSeeds(string name)
    {
        var (rules, share, policy, violation) = Cases[name];
        World.Catches(name, rules, violation, MostSeeds, seed => World.LyingAmongFaults(seed) with
        {
            AuditLanes = share,
            OnWrongBits = policy,
            CheckpointEvery = policy == WrongBitsPolicy.Rollback ? 1 : 0,
            Keep = 10,
        });
    }

    private sealed class ComparedWithItself : ProtocolRules
    {
        public override bool IsSecondOpinion(int slot, IEnumerable<int> agreeing) => true;
    }

    private sealed class TakenUnaudited : ProtocolRules
    {
        public override bool MayTake(int agreeing, int needed) => true;
    }

    private sealed class AuditorsLeafSummed : ProtocolRules
    {
        public override bool AddsTheAuditorsLeaf => true;
    }

    private sealed class ReducedWithTheAccused : ProtocolRules
    {
        public override bool MayReduce(bool accusesSomebody) => true;
    }

    private sealed class LiarsPartialKept : ProtocolRules
    {
        public override bool Keeps(NodeId by, View view) => true;
    }

    private sealed class GoneBackTooLittle : ProtocolRules
    {
        public override bool MayReturnTo(long checkpoint, long firstSuspect) => true;
    }
}
