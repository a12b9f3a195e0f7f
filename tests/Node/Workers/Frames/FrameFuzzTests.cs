using System.Globalization;
using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Tests.Transport;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Tests.Fuzz;
using AtomGrains.Tests.Support.Tls;

namespace AtomGrains.Node.Tests.Workers.Frames;

/// <summary>
/// A whole node, and callers who know its run's secret and have nothing but rubbish to say, or do not know it. The node lives,
/// does what another one asks of it all the time, closes each connection for its own reason, and takes no more of the machine.
/// </summary>
[Collection(nameof(WholeProcess))]
public sealed class FrameFuzzTests : IDisposable
{
    // A seed, and the number of a call that is to be said alone: SEED or SEED:CALL.
    private const string Repeat = "ATOMGRAINS_FRAME_FUZZ";

    private const string Command = $"{Repeat}=SEED:CALL dotnet test tests/Node -c Release --filter {nameof(ThousandsOfHostileFramesLeaveANodeAsItWas)}, with SEED:CALL ";

    // Of what lives. What waits for the next view is bounded by 16 MiB, and the warm-up leaves some of that to the rest.
    private const long MostHeap = 24 << 20;

    // With what the collector keeps for itself, which changes by tens of MiB from one moment to the next.
    private const long MostResident = 128 << 20;

    private readonly Authority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public Task ThousandsOfHostileFramesLeaveANodeAsItWas() => Survives(warmUp: 3_000, inputs: 12_000);

    [Fact]
    public Task HostileFramesInTlsLeaveANodeAsItWas() => Survives(warmUp: 1_000, inputs: 5_000, _authority.Issue("node").Files);

    [Fact]
    [Trait("Category", "Long")]
    public Task AMillionHostileFramesLeaveANodeAsItWas() => Survives(warmUp: 100_000, inputs: 1_000_000);

    [Fact]
    [Trait("Category", "Long")]
    public Task AHundredThousandHostileFramesInTlsLeaveANodeAsItWas() => Survives(warmUp: 20_000, inputs: 100_000, _authority.Issue("node").Files);

    private static async Task Survives(int warmUp, int inputs, TlsFiles? tls = null)
    {
        var given = Environment.GetEnvironmentVariable(Repeat)?.Split(':') ?? ["20261122"];
        var seed = int.Parse(given[0], CultureInfo.InvariantCulture);
        using var node = new FuzzedNode(tls);
        await node.Joins();
        using var fuzz = new FrameFuzz(node, seed, Command);
        if (given is [_, var number])
        {
            fuzz.SayAlone(long.Parse(number, CultureInfo.InvariantCulture));
            return;
        }

        var (heap, before) = (0L, new ProcessFootprint(0, 0, 0));
        fuzz.Say(warmUp);
        await IsCalm();
        (heap, before) = (Heap(), ProcessFootprint.Of(Environment.ProcessId));
        fuzz.Say(inputs);
        await IsCalm();
        node.Honest.Stop();
        await Eventually.Holds("the descriptors' return", () => ProcessFootprint.Of(Environment.ProcessId).Descriptors <= before.Descriptors + 10, Seen);
        await Eventually.Holds("the threads' return", () => ProcessFootprint.Of(Environment.ProcessId).Threads <= before.Threads + 10, Seen);
        Console.WriteLine(Seen());
        Assert.True(Heap() - heap < MostHeap, Seen());
        Assert.True(ProcessFootprint.Of(Environment.ProcessId).ResidentBytes - before.ResidentBytes < MostResident, Seen());

        // Who is late in a handshake, on a machine that has other things to do, is closed for that, or others for its sake.
        var late = node.Counters.Closes(CloseReason.HandshakeTimeout) + node.Counters.Closes(CloseReason.TooManyUnauthenticated);
        Assert.All(Closed(node), one => Assert.True(one.Count + late >= fuzz.Expected(one.Reason), Seen()));
        Assert.All(HostileReasons, reason => Assert.True(fuzz.Expected(reason) > 0, $"{reason}: {Seen()}"));

        // One line a minute of each reason that is worth one.
        Assert.InRange(node.Log.Split('\n').Length, 1, 100);

        // Node 2 has had the connections that it began with, and the node goes on with its step.
        Assert.True(node.Honest.Failure is null, node.Honest.Failure);
        Assert.Equal(2, node.Honest.Connections);
        Assert.True(node.Honest.Exchanges > 100, Seen());
        await GoesOn(node);

        async Task IsCalm()
        {
            fuzz.EndStaying();
            await Eventually.Holds("the end of every connection", () => Closed(node).Sum(one => one.Count) >= fuzz.Calls, Seen);
        }

        string Seen() => $"""
            seed {seed}: {fuzz}, {node.Honest.Exchanges} good answers
            after the warm-up {heap} bytes of heap, {before}
            at the end {Heap()} bytes of heap, {ProcessFootprint.Of(Environment.ProcessId)}
            {string.Join(", ", Closed(node).Select(one => $"{one.Reason}: {one.Count} of at least {fuzz.Expected(one.Reason)}"))}
            """;
    }

    // It is alone with its partitions in the next view, and seals its step on what the honest peer pushes.
    private static async Task GoesOn(FuzzedNode node)
    {
        int[] partitions = [FuzzedRun.OwnPartition, FuzzedRun.BackupPartition, FuzzedRun.AlonePartition];
        await node.Adopts(generation: 3);
        node.Honest.Ask(generation: 3, partitions);
        foreach (var partition in partitions)
        {
            var gradient = new float[FuzzedRun.Layout.Partitions[partition].Elements];
            node.Honest.Send(new Push(new PartitionId(partition), new Generation(3), FuzzedRun.FirstStep, new TreeNode(3, 0), 1, gradient, new NodeId(FuzzedRun.Honest)));
        }

        await node.Seals(generation: 3);
        Assert.True(node.Failure is null, $"{node.Failure}");
    }

    private static long Heap()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        var heap = GC.GetGCMemoryInfo(GCKind.FullBlocking);
        return heap.HeapSizeBytes - heap.FragmentedBytes;
    }

    private static CloseReason[] HostileReasons =>
    [
        CloseReason.BadMagic, CloseReason.HeaderTooLarge, CloseReason.PayloadTooLarge, CloseReason.PayloadNotWholeFloats, CloseReason.HeaderCorrupt, CloseReason.TruncatedFrame, CloseReason.NotAMessage,
        CloseReason.HandshakeMalformed, CloseReason.WrongRun, CloseReason.WrongTarget, CloseReason.WrongSecret,
    ];

    // By whoever called; the node's own calls to those that listen nowhere are not counted.
    private static List<(CloseReason Reason, long Count)> Closed(FuzzedNode node) =>
        [.. Enum.GetValues<CloseReason>().Where(reason => reason != CloseReason.ConnectFailed && node.Counters.Closes(reason) > 0).Select(reason => (reason, node.Counters.Closes(reason)))];
}
