using System.Collections.Concurrent;
using System.Text.Json;
using AtomGrains.Contract;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Workers;

namespace AtomGrains.EndToEnd.Tests.Runs;

/// <summary>The local host: real processes of the real program, real signals.</summary>
public sealed class LocalHostContractTests : HostContractTests
{
    private const int Workers = 3;
    private const int Struck = 1;
    private const double Patient = 60;
    private const double Noticed = 3.5;

    private static readonly ConcurrentDictionary<string, Lazy<Task<HostedRun>>> Undisturbed = new();

    private Spec _trained = Spec.Long;

    protected override long Steps => _trained.Steps;

    protected override Task<HostedRun> Calm()
    {
        var spec = _trained;
        return Undisturbed.GetOrAdd(spec.Key, _ => new Lazy<Task<HostedRun>>(() => Carried(spec, HostFault.None))).Value;
    }

    protected override async Task<HostedRun> Run(HostFault fault)
    {
        HostedRun? run = null;
        await LongEnough.Run(Spec.Long, async spec =>
        {
            _trained = spec;
            run = await Carried(spec, fault);
        });
        return run!;
    }

    protected override async Task<IReadOnlyList<int>> Carry(int messages)
    {
        var (secret, arrived) = (RunSecret.Create(), new Arrived(messages));
        using var server = new ControlServer<LocalMessage>(Identity(0), new ControlOptions(), LocalJson.Contract, new TransportCounters(), arrived);
        var (client, refused) = ControlClient<LocalMessage>.Connect(
            server.Endpoint, 0, Identity(1), new ControlOptions(), LocalJson.Contract, new TransportCounters(), new Arrived(0));
        Assert.Null(refused);
        using (client)
        {
            for (var i = 0; i < messages; i++)
            {
                Assert.True(client!.Send(new ProtocolMessage(new ViewWanted(new Generation(i)))));
            }

            return await arrived.All;
        }

        TransportIdentity Identity(int node) => new("run", node, secret);
    }

    private static async Task<HostedRun> Carried(Spec spec, HostFault fault)
    {
        var folder = TrainProcess.NewFolder();
        try
        {
            return await Carried(spec, fault, folder);
        }
        finally
        {
            TrainProcess.Remove(folder);
        }
    }

    private static async Task<HostedRun> Carried(Spec spec, HostFault fault, string folder)
    {
        var (superseded, ended) = (0, false);
        using var lost = fault == HostFault.CoordinatorIsLost ? await KilledSupervisor(spec, folder) : null;
        if (fault == HostFault.SecondCoordinator)
        {
            using var first = TrainProcess.Start(spec, Workers, folder: folder, pauseAfter: Patient);
            var status = await first.Trains(Workers, step: 3);
            TakeTheNextGeneration(folder);
            await first.Strike(Signals.Kill, status.Worker(Struck).Pid);
            var former = await first.Finish();
            superseded = former.Errors.Contains("another supervisor has recorded view g2", StringComparison.Ordinal) ? 1 : 0;
            former.LastedUntil("a generation that is another's", former.ExitCode != 0 || superseded > 0);
        }

        string[] faults = fault == HostFault.NodeIsSilentTooLong ? [$"stop+wake:worker={Struck}@step=5/compute"] : [];
        using var run = lost is not null ? TrainProcess.Resume(lost)
            : TrainProcess.Start(spec, Workers, faults, folder: folder, pauseAfter: faults.Length > 0 ? Noticed : Patient);
        if (fault != HostFault.None)
        {
            ended = await Strike(run, fault);
        }

        var finished = await run.Finish();
        finished.HasEnded();
        var views = Views(folder);
        finished.LastedUntil("a view without the struck process", fault is not (HostFault.NodeEnds or HostFault.NodeIsSilentTooLong) || views[0].Workers.Count == views[^1].Workers.Count && views.Count > 2);
        return new HostedRun
        {
            Steps = [.. finished.Metrics.Select(line => ((long)line["step"]!, new Lineage(new Generation((long)line["lineage"]!)), (string)line["loss_bits"]!))],
            Weights = finished.WeightsHash,
            Views = views,
            Struck = fault is HostFault.NodeEnds or HostFault.NodeIsSilentTooLong ? views[0].Members.Single(member => member.Slot == Struck).Node : null,
            StruckNodeEnded = ended,
            Superseded = superseded,
        };
    }

    private static async Task<TrainProcess> KilledSupervisor(Spec spec, string folder)
    {
        var lost = TrainProcess.Start(spec, Workers, folder: folder, pauseAfter: Patient);
        try
        {
            await lost.Trains(Workers, step: 3);
            lost.Signal(Signals.Kill);
            await lost.IsKilled();
            return lost;
        }
        catch (RunEndedFirstException)
        {
            lost.Dispose();
            throw;
        }
    }

    /// <summary>Whether the struck process ended while the run went on.</summary>
    private static async Task<bool> Strike(TrainProcess run, HostFault fault)
    {
        var pid = (await run.Trains(Workers)).Worker(Struck).Pid;
        switch (fault)
        {
            case HostFault.NodeEnds:
                await run.Strike(Signals.Kill, pid);
                return true;
            case HostFault.NodeIsSilentTooLong:
                await run.Holds("the end of the process that was silent", () => !run.Processes().Contains(pid));
                return true;
            case HostFault.MessagesAreLate:
                // Not a wait for something: this is how late they are.
                await run.Strike(Signals.Stop, pid);
                await Task.Delay(TimeSpan.FromSeconds(1));
                await run.Strike(Signals.Continue, pid);
                return false;
            default:
                return false;
        }
    }

    // As another supervisor would; the folder's lock keeps every real one out.
    private static void TakeTheNextGeneration(string folder)
    {
        var newest = Views(folder)[^1];
        var next = newest with { Generation = newest.Generation.Next, Lineage = new Lineage(newest.Generation.Next) };
        Assert.True(new FileRegister(folder).TryCreate(next.Generation, JsonSerializer.SerializeToUtf8Bytes(next, LocalJson.Default.View)));
    }

    private static List<View> Views(string folder)
    {
        var register = new FileRegister(folder);
        return [.. register.Generations().Select(generation => JsonSerializer.Deserialize(register.Read(generation), LocalJson.Default.View)!)];
    }

    private sealed class Arrived(int wanted) : IControlEvents<LocalMessage>
    {
        private readonly List<int> _numbers = [];
        private readonly TaskCompletionSource<IReadOnlyList<int>> _all = new();

        public Task<IReadOnlyList<int>> All => _all.Task;

        public void OnConnected(int node)
        {
        }

        public void OnMessage(int node, LocalMessage message)
        {
            _numbers.Add((int)((ViewWanted)((ProtocolMessage)message).Message).Own.Value);
            if (_numbers.Count == wanted)
            {
                _all.SetResult(_numbers);
            }
        }

        public void OnClosed(int node, CloseReason reason) => _all.TrySetResult(_numbers);
    }
}
