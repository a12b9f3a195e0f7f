using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Messages;
using static AtomGrains.Core.Tests.Protocol.ReplicaBench;

namespace AtomGrains.Core.Tests.Protocol;

public sealed class MessageShapeTests
{
    // A window of the model's context and the token after it, as in every sample of the run.
    private static readonly int Tokens = Spec.Model.Context + 1;

    private readonly MessageShape _shape = new(Spec, Layout);

    public static TheoryData<long, bool> Samples => new() { { 0, true }, { 99, true }, { 100, false }, { -1, false }, { long.MaxValue, false } };

    [Theory]
    [MemberData(nameof(Samples))]
    public void OnlySamplesThatTheRunHasAreAskedForAndSent(long sample, bool fits)
    {
        Assert.Equal(fits, _shape.Fits(new SamplesWanted(Generation.None, [1, sample])));
        Assert.Equal(fits, _shape.Fits(new SamplesSent(Generation.None, [1, sample], new ushort[2 * Tokens])));
    }

    [Fact]
    public void AnAnswerHasTheTokensOfTheSamplesThatItNames()
    {
        Assert.All((int[])[0, Tokens - 1, Tokens + 1, 2 * Tokens], length => Assert.False(_shape.Fits(new SamplesSent(Generation.None, [1], new ushort[length]))));
    }

    [Fact]
    public void NobodyAsksForMoreAtOnceThanAnAnswerHasRoomFor()
    {
        var most = (1 << 18) / Tokens;
        Assert.True(_shape.Fits(new SamplesWanted(Generation.None, new long[most])));
        Assert.False(_shape.Fits(new SamplesWanted(Generation.None, new long[most + 1])));
        Assert.False(_shape.Fits(new SamplesSent(Generation.None, new long[most + 1], new ushort[(most + 1) * Tokens])));
        Assert.Equal(((most * Tokens) + 1) / 2, _shape.MostFloats);
    }

    [Fact]
    public void TheLongestSliceIsOneOfTheRunsOwn()
    {
        const int Elements = 3 << 20;
        Assert.Equal(Elements, new MessageShape(Spec, new PartitionLayout(Elements, 1 << 18, 1)).MostFloats);
        Assert.Equal(3 * Elements, new MessageShape(Spec, new PartitionLayout(Elements, Elements, 1)).MostFloats);
    }
}
