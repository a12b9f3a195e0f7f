using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Shards;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Tests.Storage;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Workers;

namespace AtomGrains.Node.Tests.Shards;

public class SampleQuestionTests
{
    private static readonly NodeId Self = new(1), Holder = new(2);

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(1000)]
    public void QuestionsAndAnswersFitTheirFramesHoweverSmallTheSamples(int context)
    {
        var spec = RunSpecs.Record(spec => spec with
        {
            GlobalBatch = 1 << 16,
            Model = spec.Model with { Context = context },
            Data = spec.Data with { TrainSamples = 1 << 17 },
        }).Spec;
        var questions = Questions(spec);
        Assert.Equal(2 * spec.GlobalBatch, questions.SelectMany(wanted => wanted.Samples).Distinct().Count());
        var options = new TransportOptions();
        Assert.All(questions, wanted =>
        {
            var answer = new SamplesSent(wanted.Generation, wanted.Samples, new ushort[wanted.Samples.Count * (context + 1)]);
            Assert.InRange(HeaderBytes(wanted), 1, options.MaxHeaderBytes);
            Assert.InRange(HeaderBytes(answer), 1, options.MaxHeaderBytes);
            Assert.InRange(TensorCodec.PayloadOf(answer).Length * sizeof(float), 1, options.MaxPayloadBytes);
        });
    }

    // Of a node that computes all lanes and holds nothing.
    private static List<SamplesWanted> Questions(RunSpec spec)
    {
        var outbox = new Outbox();
        var desk = new ShardDesk(Self, spec, ProtocolRules.Safe, new NodeTally());
        var view = new View
        {
            Generation = new Generation(1),
            Lineage = new Lineage(new Generation(1)),
            Members = [],
            LaneOwners = [.. Enumerable.Repeat(Self, spec.Lanes)],
            Partitions = [],
            Shards = [.. Enumerable.Repeat(Holder, new ShardLayout(spec).Count)],
        };
        desk.Adopt(view, outbox);
        desk.OnLanes(new ComputeLanes(new StepKey(view.Lineage, 0, default), [.. Enumerable.Range(0, spec.Lanes)]), outbox);
        return [.. outbox.Effects.OfType<SendToNode>().Select(send => (SamplesWanted)send.Message)];
    }

    private static long HeaderBytes(TensorMessage message)
    {
        using var stream = new MemoryStream();
        TensorCodec.Encode(message, stream);
        return stream.Length;
    }
}
