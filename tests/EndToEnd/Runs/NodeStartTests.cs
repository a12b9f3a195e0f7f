using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Runs;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Local;
using AtomGrains.Local.Devices;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.EndToEnd.Tests.Runs;

/// <summary>Processes that the system does not start.</summary>
public sealed class NodeStartTests : IDisposable
{
    // No program is started with a string of an environment that is longer than 128 KiB.
    private static readonly Dictionary<string, string> TooMuch = new() { ["ATOMGRAINS_TEST"] = new('x', 1 << 18) };

    private readonly string _folder = TrainProcess.NewFolder();

    public NodeStartTests() => Directory.CreateDirectory(_folder);

    public void Dispose() => TrainProcess.Remove(_folder);

    [Fact]
    public void AProcessThatCannotBeStartedIsSaidAndTriedAgainAfterAPause()
    {
        var nodes = new NodeTable(new NodeRoll(_folder), new NodeId(1), (_, _) => throw new InvalidOperationException("nobody asks"), TooMuch, _ => { });
        var spec = new RunSpec { Model = new ModelSpec(), Optimizer = new OptimizerSpec(), Evaluation = new EvaluationSpec(), Data = new DataSpec { TrainSamples = 100 } };
        var coordinator = new Coordinator(spec, new PartitionLayout(1000, 16, spec.Partitions), new CoordinatorOptions { Workers = 3 }, ProtocolRules.Safe);
        var told = new List<string>();
        var keeper = new NodeKeeper(nodes, coordinator, new SupervisorOptions { Settings = new RunSettings { Workers = 3 }, NodeEnvironment = TooMuch }, null!, new Places(new FailedDevices(null, "", 3)), told.Add);
        keeper.Keep();
        keeper.Keep();
        Assert.Contains("Argument list too long", Assert.Single(told), StringComparison.Ordinal);
        Assert.Empty(nodes.All);
        Assert.Equal(0, nodes.Started);
    }

    [Fact]
    public void ProcessesThatAreNeverStartedEndTheRunUnlessOneGetsReadyBetween()
    {
        var crashes = new CrashLoop();
        Assert.Equal([null, null, null], Enumerable.Range(0, 3).Select(_ => crashes.NotStarted("no memory")));
        crashes.Ready();
        Assert.Equal([null, null, null], Enumerable.Range(0, 3).Select(_ => crashes.NotStarted("no memory")));
        Assert.Equal("4 worker processes in a row ended before they were ready, the last as it could not be started: no memory", crashes.NotStarted("no memory"));
    }
}
