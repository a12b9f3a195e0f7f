using AtomGrains.Chaos.Plans;
using AtomGrains.Commands.Options;
using AtomGrains.EndToEnd.Tests.Support;
using Xunit.Abstractions;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>Plans of chaos over real silos, against the undisturbed run of the local host.</summary>
public sealed class SiloChaosTests(ITestOutputHelper output)
{
    private const ulong Seed = 1;

    private readonly ChaosPlans _plans = new(TrainOptions.OrleansHost, output);

    [Fact]
    public void TwoPlansOfKillsNoticesAndOrphansChangeNoBit() =>
        _plans.Hold(Seed, [ChaosKind.Kill, ChaosKind.Notice, ChaosKind.Coordinator, ChaosKind.Orphans], suite => ChaosPlans.OfEveryKind(suite, 2));

    [Fact]
    [Trait("Category", "Long")]
    public void ThreeRoundsOfEveryKindChangeNoBit() =>
        _plans.Hold((ulong)Environment.TickCount64, _plans.Kinds, suite => Enumerable.Range(0, 3 * _plans.Kinds.Count).Select(suite.Plan));
}
