using System.Collections.Concurrent;
using System.Net;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Workers;

namespace AtomGrains.Node.Tests.Workers.Frames;

/// <summary>Node 2 of <see cref="FuzzedRun"/>: asks node 1 for parameters and samples all the time, and looks at every bit of what it gets.</summary>
internal sealed class HonestPeer : ITensorEvents, IDisposable
{
    // Far beyond what an answer takes on a machine that is busy with everything else.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly TensorListener _listener;
    private readonly TensorPeer _link;
    private readonly TransportCounters _counters = new();
    private readonly BlockingCollection<TensorMessage> _answers = [];
    private readonly Thread _thread;
    private volatile bool _isOver;

    /// <param name="folder">Holds the run's tokens.</param>
    /// <param name="node">Where node 1 listens.</param>
    public HonestPeer(string folder, TransportIdentity identity, TransportOptions options, IPEndPoint node)
    {
        _folder = folder;
        _listener = new TensorListener(identity, options, _counters, this);
        _link = new TensorPeer(FuzzedRun.Listener, node, identity, options, new TensorPool(64 << 20), _counters, this);
        _thread = new Thread(GoOn) { IsBackground = true, Name = "honest peer" };
    }

    public IPEndPoint Endpoint => _listener.Endpoint;

    /// <summary>Questions that were answered rightly.</summary>
    public int Exchanges { get; private set; }

    /// <summary>What went wrong with the one that was not; null while none did.</summary>
    public string? Failure { get; private set; }

    /// <summary>Connections that it has had: one each way, when none was closed.</summary>
    public long Connections => _counters.Opened;

    public void Start() => _thread.Start();

    public void Stop()
    {
        _isOver = true;
        _thread.Join();
    }

    /// <summary>One question of each kind.</summary>
    /// <exception cref="FormatException">The answer is not right, or none came.</exception>
    public void Ask(long generation, params ReadOnlySpan<int> partitions)
    {
        foreach (var partition in partitions)
        {
            Send(new Pull(new PartitionId(partition), new Generation(generation), FuzzedRun.Lineage, 0));
            Judge(Answer<ParameterSlice>(), partition, generation);
            Exchanges++;
        }

        var (sample, tokens) = FuzzedRun.HeldSample(_folder, Exchanges);
        Send(new SamplesWanted(new Generation(generation), [sample]));
        var sent = Answer<SamplesSent>();
        if (!sent.Samples.SequenceEqual([sample]) || !sent.Tokens.Span.SequenceEqual(tokens))
        {
            throw new FormatException($"sample {sample} came as {sent} with {string.Join(' ', sent.Tokens.ToArray())}");
        }

        Exchanges++;
    }

    public void Send(TensorMessage message)
    {
        using var header = new MemoryStream();
        TensorCodec.Encode(message, header);
        var outcome = _link.Send(header.ToArray(), TensorCodec.PayloadOf(message).Span);
        if (outcome != SendOutcome.Accepted)
        {
            throw new FormatException($"{message} could not be sent: {outcome}");
        }
    }

    public void Dispose()
    {
        _isOver = true;
        _link.Dispose();
        _listener.Dispose();
        _answers.Dispose();
    }

    CloseReason? ITensorEvents.OnFrame(int fromNode, ReadOnlyMemory<byte> header, TensorBuffer payload)
    {
        using (payload)
        {
            // What else the node tells its peers is nothing that it was asked for.
            var message = TensorCodec.Decode(header, payload.Memory);
            if (message is ParameterSlice or SamplesSent)
            {
                _answers.Add(message is SliceMessage slice ? slice.Copy() : message);
            }

            return null;
        }
    }

    void ITensorEvents.OnRefused(IPAddress? from, CloseReason reason)
    {
    }

    void ITensorEvents.OnOpened(int node, LinkDirection direction)
    {
    }

    void ITensorEvents.OnClosed(int node, LinkDirection direction, CloseReason reason)
    {
    }

    private void GoOn()
    {
        try
        {
            while (!_isOver)
            {
                Ask(generation: 2, FuzzedRun.OwnPartition, FuzzedRun.AlonePartition);
            }
        }
        catch (Exception error)
        {
            Failure = $"after {Exchanges} good answers: {error}";
        }
    }

    private T Answer<T>()
        where T : TensorMessage =>
        _answers.TryTake(out var answer, Patience)
            ? answer as T ?? throw new FormatException($"{answer} is no answer to what was asked for")
            : throw new FormatException($"no {typeof(T).Name} within {Patience.TotalSeconds} s");

    private static void Judge(ParameterSlice answer, int partition, long generation)
    {
        var range = FuzzedRun.Layout.Partitions[partition];
        var right = Enumerable.Range(range.FirstElement, range.Elements).Select(NothingToCompute.Initial);
        if (answer.Partition.Value != partition || answer.Generation.Value != generation || answer.Key != FuzzedRun.FirstStep || !answer.Slice.ToArray().SequenceEqual(right))
        {
            throw new FormatException($"partition {partition} came as {answer}");
        }
    }
}
