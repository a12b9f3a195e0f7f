using AtomGrains.Commands;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Storage;

namespace AtomGrains.EndToEnd.Tests.Commands;

/// <summary>The demo, small: what it orders has to happen before it may say that bits are equal.</summary>
public sealed class DemoTests : IDisposable
{
    private readonly string _folder = TrainProcess.NewFolder();

    public void Dispose() => TrainProcess.Remove(_folder);

    [Fact]
    public async Task TheDemoSuffersItsFaultsAndItsBitsAreEqual()
    {
        var ended = await Demo(Spec.Medium, "--fault", "kill:worker=1@step=3", "--fault", "scale=2@step=20", "--fault", "kill:worker=0@step=60/seal");
        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Contains("EQUAL BIT FOR BIT: the losses of all 150 steps and the final weights.", ended.Output, StringComparison.Ordinal);
        Assert.Contains("A sample of what it writes now:", ended.Output, StringComparison.Ordinal);
        var ledger = File.ReadAllText(Path.Combine(_folder, RunFolder.FaultsFileName));
        Assert.All((string[])["ordered kill:worker=1@step=3", "to 2 workers", "ordered kill:worker=0@step=60/seal"], words => Assert.Contains(words, ledger, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AFaultThatDidNotHappenIsNamedAndEndsTheDemo()
    {
        // Nobody joins as that worker any more.
        var ended = await Demo(Spec.Short, "--fault", "kill:worker=1@step=11/join", "--fault", "scale=2@step=5");
        Assert.True(ended.ExitCode == 1, ended.ToString());
        var line = Assert.Single(ended.Errors.Split('\n'), line => line.StartsWith("did not happen: ", StringComparison.Ordinal));
        Assert.StartsWith("did not happen: --fault kill:worker=1@step=11/join: the ledger has no such fault", line, StringComparison.Ordinal);
        Assert.DoesNotContain("EQUAL", ended.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists($"{_folder}-calm"));
    }

    [Fact]
    public async Task AFolderOfTheSecondRunThatIsInUseIsRefusedBeforeTheFirst()
    {
        var calm = Directory.CreateDirectory($"{_folder}-calm").FullName;
        File.WriteAllText(Path.Combine(calm, "somebodys.txt"), "");
        var ended = await Demo(Spec.Short);
        Assert.Equal((2, $"error: --out {_folder}: {calm}, where the demo's second run goes, must be empty or not there"), (ended.ExitCode, ended.Errors.Trim()));
        Assert.False(Directory.Exists(_folder));
    }

    [Theory]
    [InlineData(240, 4)]
    [InlineData(240, 2)]
    [InlineData(20, 3)]
    public void ItsOwnFaultsAreOfEveryKindAndFitItsRun(long steps, int workers)
    {
        var plan = DemoCommand.FaultsFor(workers, steps, TrainOptions.LocalHost);
        Assert.Empty(plan.Errors(workers, steps));
        Assert.Equal(
            [FaultKind.Kill, FaultKind.Kill, FaultKind.StopAndWake, FaultKind.Scale, FaultKind.Scale, FaultKind.Kill],
            plan.Orders.Select(order => order.Kind));
        Assert.Equal(workers, plan.Orders[4].Workers);
    }

    [Fact]
    public void EachOrderNeedsALineOfItsOwn()
    {
        var plan = new FaultPlan(
        [
            Order("kill:worker=1@step=3"), Order("kill:worker=1@step=3"), Order("kill:worker=1@step=30"), Order("stop+wake:worker=2@step=5/compute"), Order("scale=2@step=9"), Order("nan:worker=0@step=4"),
        ]);
        FaultLine[] all =
        [
            Line("kill", "ordered kill:worker=1@step=3"), Line("kill", "ordered kill:worker=1@step=3: what it said"), Line("kill", "ordered kill:worker=1@step=30"),
            Line("stop+wake", "ordered stop+wake:worker=2@step=5/compute"), Line(FaultLedger.WakeKind, "ordered stop+wake:worker=2@step=5/compute"),
            Line("scale", null, "to 2 workers"), Line(FaultLedger.SkipKind, "the gradient is not finite", step: 4),
        ];
        Assert.Empty(DemoFaults.Missing(plan, all, wakes: true));
        string[] missing =
        [
            "kill:worker=1@step=3: the ledger has no such fault", "kill:worker=1@step=3: the ledger has no such fault", "kill:worker=1@step=30: the ledger has no such fault",
            "stop+wake:worker=2@step=5/compute: the ledger has no such fault", "stop+wake:worker=2@step=5/compute: it was paused and did not wake before the end of the run",
            "scale=2@step=9: the ledger has no such fault", "nan:worker=0@step=4: the ledger has no such fault",
        ];
        for (var place = 0; place < all.Length; place++)
        {
            Assert.Equal([missing[place]], DemoFaults.Missing(plan, [.. all.Where((_, other) => other != place)], wakes: true));
        }

        Assert.Empty(DemoFaults.Missing(plan, [.. all.Where(line => line.Kind != FaultLedger.WakeKind)], wakes: false));
    }

    private Task<Ended> Demo(Spec spec, params string[] options) =>
        AtomProgram.Run(["demo", "--out", _folder, "--workers", "3", "--pause-after", "60", .. spec.Arguments, .. options]);

    private static FaultOrder Order(string text) => FaultPlan.ParseOrder(text).Order!;

    private static FaultLine Line(string kind, string? detail, string who = "n1 worker 1", long step = 1) => new()
    {
        Ts = DateTimeOffset.UnixEpoch,
        Kind = kind,
        Role = FaultLine.NodeRole,
        Who = who,
        Step = step,
        GenerationBefore = 1,
        GenerationAfter = 2,
        StepsRedone = 0,
        LanesRedone = 0,
        Seconds = new RecoverySeconds(0, 0, 0, 0, 0),
        Detail = detail,
    };
}
