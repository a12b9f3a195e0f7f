using AtomGrains.Core.Options;
using FsCheck;
using FsCheck.Fluent;

namespace AtomGrains.Core.Tests.Options;

public class FaultPlanTests
{
    [Theory]
    [InlineData("kill:worker=1@step=30", FaultKind.Kill, 1, 30, null)]
    [InlineData("stop:worker=0@step=0/compute", FaultKind.Stop, 0, 0, ProtocolPoint.Compute)]
    [InlineData("stop+wake:worker=2@step=5/seal", FaultKind.StopAndWake, 2, 5, ProtocolPoint.Seal)]
    [InlineData("exit:worker=3@step=7/join", FaultKind.Exit, 3, 7, ProtocolPoint.Join)]
    [InlineData("device:worker=3@step=7/push", FaultKind.Device, 3, 7, ProtocolPoint.Push)]
    [InlineData("device-abort:worker=3@step=7", FaultKind.DeviceAbort, 3, 7, null)]
    [InlineData("nan:worker=0@step=7", FaultKind.NotANumber, 0, 7, null)]
    [InlineData("flip:worker=2@step=9", FaultKind.Flip, 2, 9, null)]
    public void OrdersAreRead(string text, FaultKind kind, int worker, long step, ProtocolPoint? point) =>
        Assert.Equal(new FaultOrder(kind, worker, step, point), FaultPlan.ParseOrder(text).Order);

    [Theory]
    [InlineData("kill:supervisor@step=4", null)]
    [InlineData("kill:supervisor@step=4/apply", ProtocolPoint.Apply)]
    public void TheSupervisorCanBeKilled(string text, ProtocolPoint? point)
    {
        var order = FaultPlan.ParseOrder(text).Order;
        Assert.Equal(new FaultOrder(FaultKind.KillSupervisor, null, 4, point), order);
        Assert.Equal(text, order!.ToString());
        Assert.Equal("kill:supervisor", FaultPlan.NameOf(FaultKind.KillSupervisor));
    }

    [Fact]
    public void TheCoordinatorsSiloCanBeKilled()
    {
        const string Text = "kill:coordinator@step=4";
        var order = FaultPlan.ParseOrder(Text).Order;
        Assert.Equal(new FaultOrder(FaultKind.KillCoordinator, null, 4), order);
        Assert.Equal(Text, order!.ToString());
    }

    [Fact]
    public void ScaleNamesTheNewNumberOfWorkers() =>
        Assert.Equal(new FaultOrder(FaultKind.Scale, null, 40, null, 4), FaultPlan.ParseOrder("scale=4@step=40").Order);

    [Theory]
    [InlineData("", "must read KIND")]
    [InlineData("kill", "must read KIND")]
    [InlineData("kill:worker=1", "must read KIND")]
    [InlineData("kill@step=3", "'kill' must be kill:worker=K")]
    [InlineData("burn:worker=1@step=3", "'burn' must be kill, stop, stop+wake")]
    [InlineData("kill:worker=-1@step=3", "must be kill:worker=K with K from 0")]
    [InlineData("kill:worker=1@step=-3", "must be step=N")]
    [InlineData("kill:worker=1@30", "must be step=N")]
    [InlineData("kill:worker=1@step=3/lunch", "'lunch' must be compute, push")]
    [InlineData("kill:worker=1@step=3/push/seal", "must be step=N[/POINT]")]
    [InlineData("kill:worker=1@step=3/3", "'3' must be compute")]
    [InlineData("stop:supervisor@step=3", "must be stop:worker=K")]
    [InlineData("stop:coordinator@step=3", "must be stop:worker=K")]
    [InlineData("kill:coordinator@step=3/push", "kill:coordinator takes no POINT")]
    [InlineData("scale=0@step=3", "W from 1 to 1024")]
    [InlineData("scale:worker=1@step=3", "must be scale=W")]
    [InlineData("scale=2@step=3/push", "scale takes no POINT")]
    [InlineData("kill:worker=1@step=99999999999999999999", "must be step=N")]
    public void AnOrderThatIsNoneIsExplained(string text, string reason)
    {
        var (order, error) = FaultPlan.ParseOrder(text);
        Assert.Null(order);
        Assert.Contains(reason, error!.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("--fault", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void WritingAndReadingAnOrderGivesItBack()
    {
        var strikes =
            from kind in Gen.Elements(FaultKind.Kill, FaultKind.Stop, FaultKind.StopAndWake, FaultKind.Exit, FaultKind.Device, FaultKind.DeviceAbort)
            from worker in Gen.Choose(0, FaultPlan.MostWorkers - 1)
            from step in Gen.Choose(0, int.MaxValue)
            from point in Gen.Elements([null, .. Enum.GetValues<ProtocolPoint>().Select(point => (ProtocolPoint?)point)])
            select new FaultOrder(kind, worker, step, point);
        var scales =
            from workers in Gen.Choose(1, FaultPlan.MostWorkers)
            from step in Gen.Choose(0, int.MaxValue)
            select new FaultOrder(FaultKind.Scale, null, step, null, workers);
        Prop.ForAll(Gen.OneOf(strikes, scales).ToArbitrary(), order => FaultPlan.ParseOrder(order.ToString()).Order == order).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void EveryBadOrderIsReportedAndTheGoodOnesAreKept()
    {
        var errors = new List<SettingError>();
        var plan = FaultPlan.Parse(["kill", "kill:worker=1@step=2", "scale=x@step=1"], errors);
        Assert.Single(plan.Orders);
        Assert.Equal(2, errors.Count);
    }

    [Fact]
    public void TargetsOutsideTheRunAreErrors()
    {
        var plan = FaultPlan.Parse(["kill:worker=4@step=2", "stop:worker=0@step=100"], []);
        Assert.Equal(
            ["--fault kill:worker=4@step=2: worker must be from 0 to 3", "--fault stop:worker=0@step=100: step must be from 0 to 99, the run's last"],
            plan.Errors(processes: 4, steps: 100).Select(error => error.ToString()));
    }

    [Fact]
    public void AWorkerThatAScaleAddsMayBeATarget()
    {
        var plan = FaultPlan.Parse(["scale=6@step=1", "kill:worker=5@step=2"], []);
        Assert.Empty(plan.Errors(processes: 4, steps: 100));
    }
}
