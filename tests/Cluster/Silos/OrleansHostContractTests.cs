using System.Collections.Concurrent;
using AtomGrains.Contract;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Grains;
using AtomGrains.Grains.Runs;
using AtomGrains.Node.Workers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Core.Internal;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>The Orleans host: three real silos in this process, with a model that needs no tensor engine.</summary>
public sealed class OrleansHostContractTests : HostContractTests
{
    private const int Workers = 3;
    private const int Struck = 1;

    // Messages that come while a call is on its way, and are gathered for the next one.
    private const int Burst = 3;

    // Two seconds and more: whoever is fenced has the time to be told while the run goes on.
    private const long RunSteps = 2500;

    private static readonly ConcurrentDictionary<long, Lazy<Task<HostedRun>>> Undisturbed = new();

    private long _steps = RunSteps;

    protected override long Steps => _steps;

    protected override Task<HostedRun> Calm()
    {
        var steps = _steps;
        return Undisturbed.GetOrAdd(steps, _ => new Lazy<Task<HostedRun>>(() => Carried(steps, HostFault.None))).Value;
    }

    protected override async Task<HostedRun> Run(HostFault fault)
    {
        HostedRun? run = null;
        await LongEnough.Run(new Spec((int)RunSteps), async spec =>
        {
            _steps = spec.Steps;
            run = await Carried(_steps, fault);
        });
        return run!;
    }

    // From a node to the run grain, as a node sends: through its silo, and as grain calls in MessagePack.
    protected override async Task<IReadOnlyList<int>> Carry(int messages)
    {
        var reports = new RecordedReports();
        await using var cluster = await InProcessCluster.Start(workers: 2, RunSteps, silo =>
        {
            silo.AddOutgoingGrainCallFilter(reports);
            silo.AddIncomingGrainCallFilter(reports);
        });
        await cluster.Reaches(1);
        INodeHost sender = cluster.NodeOf(cluster.Views[0].Members[0].Node);
        var sent = 0;
        reports.UnderWay = SendSome;
        SendSome();
        await Eventually.Holds("all messages", () => reports.Arrived.Count >= messages, () => $"{reports.Arrived.Count} of {sent}");
        Assert.True(reports.Failed > messages / Burst / 10, $"{reports.Failed} calls failed");
        return [.. reports.Arrived];

        // The next ones come while a call is on its way.
        void SendSome()
        {
            lock (reports)
            {
                for (var i = 0; i < Burst && sent < messages; i++)
                {
                    sender.Send(new ViewWanted(new Generation(sent++)));
                }
            }
        }
    }

    private static async Task<HostedRun> Carried(long steps, HostFault fault)
    {
        var (calls, log) = (new HeldCalls(), new CoordinatorLog());
        await using var cluster = await InProcessCluster.Start(Workers, steps, silo =>
        {
            silo.AddOutgoingGrainCallFilter(calls);
            silo.Services.AddSingleton<ILoggerProvider>(log);
        });
        await cluster.Reaches(20);
        var struck = cluster.Views[0].Members.Single(member => member.Slot == Struck).Node;
        var ended = await Strike(cluster, calls, fault, struck);
        var report = await cluster.Finish();
        if (fault is HostFault.NodeEnds or HostFault.NodeIsSilentTooLong && cluster.Views[^1].Workers.Count < Workers)
        {
            throw new RunEndedFirstException("the run ended before the struck node had been replaced");
        }

        return new HostedRun
        {
            Steps = [.. cluster.Lines.Select(line => (line.Step, new Lineage(new Generation(line.Lineage)), line.LossBits))],
            Weights = report.WeightsSha256,
            Views = cluster.Views,
            Struck = fault is HostFault.NodeEnds or HostFault.NodeIsSilentTooLong ? struck : null,
            StruckNodeEnded = ended,
            Superseded = log.Superseded,
        };
    }

    /// <summary>Whether the struck node was over while the run went on.</summary>
    private static async Task<bool> Strike(InProcessCluster cluster, HeldCalls calls, HostFault fault, NodeId struck)
    {
        switch (fault)
        {
            case HostFault.NodeEnds:
                cluster.NodeOf(struck).End();
                return true;
            case HostFault.NodeIsSilentTooLong:
                var silent = cluster.NodeOf(struck);
                calls.Hold(struck);
                await cluster.Holds("a view without the silent node", () => !cluster.Views[^1].IsMember(struck));
                calls.Release();
                await cluster.Holds("the end of the silent node", () => silent.IsOver);
                return true;
            case HostFault.MessagesAreLate:
                calls.LongestDelay = TimeSpan.FromMilliseconds(30);
                await cluster.Reaches(60);
                calls.LongestDelay = TimeSpan.Zero;
                return false;
            case HostFault.CoordinatorIsLost:
                await cluster.Run.Cast<IGrainManagementExtension>().DeactivateOnIdle();
                return false;
            case HostFault.SecondCoordinator:
                TakeTheNextGeneration(cluster);

                // The first one finds out when it wants a generation itself.
                cluster.NodeOf(struck).End();
                return false;
            default:
                return false;
        }
    }

    private static void TakeTheNextGeneration(InProcessCluster cluster)
    {
        using var second = cluster.AnotherCoordinator(new Silence());
        foreach (var member in cluster.Views[^1].Members)
        {
            second.OnReport(member.Node, "elsewhere", [new NodeReady(member.Address, member.Slot)]);
        }

        Assert.Equal((2, false), (cluster.Views.Count, second.IsSuperseded));
    }

    /// <summary>What the other coordinator says is lost.</summary>
    private sealed class Silence : IRunOutput
    {
        public void Send(NodeId to, ControlMessage message)
        {
        }

        public void Start(NodeId node, Seat seat)
        {
        }

        public string Silo => "elsewhere";

        public void KillSilo() => throw new NotSupportedException("no such fault was ordered");

        public void Note(string text)
        {
        }

        public void Post(Action action)
        {
        }
    }
}
