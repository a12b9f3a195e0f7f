using System.Net;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Workers;
using AtomGrains.Tests.Support;

namespace AtomGrains.Cluster.Tests.Silos;

public sealed class NodeThreadTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-node-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ANodeThatCannotBeginOnItsVolumeKeepsNoPort()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        var listen = $"127.0.0.1:{FreePort.On(IPAddress.Loopback)}";
        listen = $"{listen}-{listen.Split(':')[1]}";
        Assert.ThrowsAny<IOException>(() => Node(listen, Path.Combine(file, "lanes", "node-1")));

        // Offered again, its device has a node on the only port there is.
        Node(listen, Path.Combine(_folder, "lanes", "node-2")).End();
    }

    private static NodeActor Node(string listen, string mark) => new(
        new NodePlace { Node = 1, Slot = 0, RunId = "run", Listen = listen, Secret = RunSecret.Create().ToHex(), Faults = [], LaneMark = mark },
        new RunSpec { Lanes = 4, GlobalBatch = 4, Model = new ModelSpec(), Optimizer = new OptimizerSpec(), Evaluation = new EvaluationSpec(), Data = new DataSpec { TrainSamples = 100 } },
        new NodeModel(() => new FakeStepLoop(), (_, flat) => FakeStepLoop.Export(flat)),
        new HeartbeatOptions(),
        new Nobody());

    private sealed class Nobody : INodeHost
    {
        public void Send(ControlMessage message)
        {
        }

        public void Strikes(int order, DateTimeOffset at)
        {
        }

        public void Failed(Exception error)
        {
        }

        public void LinkClosed(int node)
        {
        }
    }
}
