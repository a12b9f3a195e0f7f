using AtomGrains.Chaos;
using AtomGrains.Chaos.Plans;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;

namespace AtomGrains.EndToEnd.Tests.Chaos;

public sealed class ChaosPlannerTests
{
    private const int MostWorkers = 6;
    private const int Plans = 2000;

    private static IEnumerable<ChaosPlan> Many(IReadOnlyList<ChaosKind>? kinds = null, string host = TrainOptions.LocalHost) =>
        Enumerable.Range(0, Plans).Select(number => ChaosPlanner.Plan(7, number, new ChaosBounds(host, kinds ?? ChaosKinds.On(host), MostWorkers)));

    [Fact]
    public void ASeedAndANumberAreAlwaysTheSamePlan()
    {
        Assert.Equal(Many().Select(plan => plan.ToString()), Many().Select(plan => plan.ToString()));
        Assert.True(Many().DistinctBy(plan => plan.ToString()).Count() > Plans * 0.99);
        var bounds = new ChaosBounds(TrainOptions.LocalHost, ChaosKinds.On(TrainOptions.LocalHost), MostWorkers);
        Assert.NotEqual(ChaosPlanner.Plan(1, 0, bounds).ToString(), ChaosPlanner.Plan(2, 0, bounds).ToString());
    }

    [Theory]
    [InlineData(TrainOptions.LocalHost)]
    [InlineData(TrainOptions.OrleansHost)]
    public void EveryRoundOfPlansHasEveryKind(string host)
    {
        var kinds = ChaosKinds.On(host);
        Assert.All(Many(host: host).Chunk(kinds.Count).Where(round => round.Length == kinds.Count), round => Assert.Equal(kinds, round.SelectMany(plan => plan.Kinds).Distinct().Order()));
        Assert.Contains(Many(host: host), plan => plan.Workers == 1);
        Assert.Contains(Many(host: host), plan => plan.Workers == MostWorkers && plan.Spares == 1);
    }

    [Fact]
    public void EveryPlaceInAStepIsStruck()
    {
        Assert.All(Enum.GetValues<ProtocolPoint>(), point => Assert.Contains(Many().SelectMany(plan => plan.Strikes), strike => strike.Point == point));
    }

    [Fact]
    public void KindsThatAreNotAllowedAreNotDrawn()
    {
        ChaosKind[] allowed = [ChaosKind.Kill, ChaosKind.Scale];
        Assert.All(Many(allowed), plan => Assert.Subset(allowed.ToHashSet(), plan.Kinds.ToHashSet()));
    }

    [Theory]
    [InlineData(TrainOptions.LocalHost)]
    [InlineData(TrainOptions.OrleansHost)]
    public void EveryOrderIsOneThatTrainTakes(string host) => Assert.All(Many(host: host), plan =>
    {
        Assert.DoesNotContain(plan.Orders.Orders, order => order.Kind == (host == TrainOptions.LocalHost ? FaultKind.KillCoordinator : FaultKind.KillSupervisor));
        Assert.False(plan.Supervise && host == TrainOptions.OrleansHost);
        Assert.Empty(plan.Orders.Errors(plan.Workers + plan.Spares, plan.Spec.Steps));
        foreach (var resume in plan.Strikes.Where(strike => strike.Kind != ChaosKind.Scale && strike.Workers is not null))
        {
            Assert.Empty(plan.Orders.Errors(resume.Workers!.Value, plan.Spec.Steps));
        }
    });

    [Fact]
    public void NobodyIsPausedAlone() => Assert.All(
        Many().Concat(Many(host: TrainOptions.OrleansHost)).Where(plan => plan.Kinds.Contains(ChaosKind.Pause) || plan.Kinds.Contains(ChaosKind.PauseAndWake)),
        plan => Assert.True(plan.Workers > 1 && plan.Strikes.All(strike => strike.Workers is null or > 1), plan.ToString()));

    [Fact]
    public void TheLineThatAFailurePrintsMeansThatVeryPlan()
    {
        var options = ChaosOptions.Read("5", "42", null, "3", null, "kill,scale,orphans", null, DateTimeOffset.UnixEpoch);
        var plan = ChaosPlanner.Plan(options.Seed, 17, options.Bounds);
        var words = options.Repeats(plan).Split(' ');
        Assert.Equal(["./atom", "chaos", "--seed", "42", "--plan", "17", "--workers", "3", "--only", "kill,scale,orphans"], words);
        var again = ChaosOptions.Read(null, words[3], words[5], words[7], null, words[9], null, DateTimeOffset.UnixEpoch);
        Assert.Equal(plan.ToString(), ChaosPlanner.Plan(again.Seed, again.Number!.Value, again.Bounds).ToString());
    }

    [Theory]
    [InlineData("--minutes 0: must be above 0 and up to 10080 minutes", "0")]
    [InlineData("--minutes soon: must be above 0 and up to 10080 minutes", "soon")]
    [InlineData("--minutes NaN: must be above 0 and up to 10080 minutes", "NaN")]
    [InlineData("--seed -1: must be a whole number from 0", null, "-1")]
    [InlineData("--plan x: must be the number of a plan, from 0", null, null, "x")]
    [InlineData("--workers 1: must be from 2 to 16", null, null, null, "1")]
    [InlineData("--only kil: must be kinds with commas between, of kill, ", null, null, null, null, "kil")]
    [InlineData("--only ,: must be kinds with commas between, of kill, ", null, null, null, null, ",")]
    [InlineData("--only coordinator: needs --host orleans", null, null, null, null, "coordinator")]
    [InlineData("--host cloud: must be local or orleans", null, null, null, null, null, "cloud")]
    public void WhatIsWrongIsNamedWithItsRange(string named, string? minutes = null, string? seed = null, string? plan = null, string? workers = null, string? only = null, string? host = null)
    {
        var error = Assert.Throws<InvalidSettingsException>(() => ChaosOptions.Read(minutes, seed, plan, workers, null, only, host, DateTimeOffset.UnixEpoch));
        Assert.StartsWith(named, Assert.Single(error.Errors).ToString(), StringComparison.Ordinal);
    }
}
