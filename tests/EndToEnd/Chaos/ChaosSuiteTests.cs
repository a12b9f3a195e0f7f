using AtomGrains.Chaos.Plans;
using AtomGrains.Commands.Options;
using AtomGrains.EndToEnd.Tests.Support;
using Xunit.Abstractions;

namespace AtomGrains.EndToEnd.Tests.Chaos;

/// <summary>Plans of fixed seeds over real processes: together they strike with every kind that this machine allows.</summary>
public sealed class ChaosSuiteTests(ITestOutputHelper output)
{
    private const ulong Seed = 3;
    private const int Dozen = 12;

    private readonly ChaosPlans _plans = new(TrainOptions.LocalHost, output);

    [Fact]
    public void ADozenPlansOfEveryKindChangeNoBit() => _plans.Hold(Seed, _plans.Kinds, suite => ChaosPlans.OfEveryKind(suite, Dozen));

    [Fact]
    [Trait("Category", "Long")]
    public void AHundredPlansChangeNoBit() =>
        _plans.Hold((ulong)Environment.TickCount64, _plans.Kinds, suite => Enumerable.Range(0, 100).Select(suite.Plan));

    // Chaos itself notices where a resume has not used what orphaned nodes left: here nothing else happens that could excuse it.
    [Fact]
    [Trait("Category", "Long")]
    public void AResumeInAnotherWorldGoesOnFromWhatOrphansLeft() => _plans.Hold(Seed, [ChaosKind.Orphans], suite =>
    [
        suite.Plan(0) with
        {
            Workers = 3,
            Spares = 0,
            Partitions = 4,
            CheckpointEvery = 10,
            Supervise = false,
            Strikes = [new ChaosStrike(ChaosKind.Orphans, 20) { Workers = 2, Partitions = 3 }],
        },
    ]);
}
