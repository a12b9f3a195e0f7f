using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Shards;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Tests.Storage;

namespace AtomGrains.Node.Tests.Shards;

/// <summary>A dataset of 16 shards of 100 samples, token i of which is i modulo 65521.</summary>
public sealed class ShardCacheTests : IDisposable
{
    private const int Context = 8, Shards = 16, Samples = 1600, ShardBytes = ((100 * Context) + 1) * sizeof(ushort);

    private static readonly RunSpec Spec = new()
    {
        Lanes = Shards,
        GlobalBatch = Shards,
        Model = new ModelSpec { Context = Context },
        Optimizer = new OptimizerSpec(),
        Evaluation = new EvaluationSpec(),
        Data = new DataSpec { TrainTokens = (Samples * Context) + 1, TrainSamples = Samples },
    };

    private readonly TemporaryFolder _folder = new();

    public ShardCacheTests()
    {
        using var file = new BinaryWriter(File.Create(_folder.File(TokenFileSource.FileName)));
        for (var i = 0; i < Spec.Data.TrainTokens; i++)
        {
            file.Write((ushort)(i % 65521));
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EverySampleIsTheSameFromMemoryAndFromTheFile()
    {
        using var file = TokenFileSource.OpenTraining(_folder.Path, Spec);
        var cache = new ShardCache(file, new ShardLayout(Spec), 5 * ShardBytes);
        cache.Hold([0, 3, 4, 9, 15]);
        foreach (var pass in Enumerable.Range(0, 2))
        {
            for (var sample = 0L; sample < Samples; sample++)
            {
                var tokens = new ushort[Context + 1];
                cache.Read(sample, tokens);
                Assert.Equal(TokensOf(sample), tokens);
            }

            Assert.Equal((5, 5L * ShardBytes), (cache.Loaded, cache.Bytes));
        }
    }

    [Fact]
    public void NoMoreIsInMemoryThanAllowedAndOnlyWhatIsLeased()
    {
        using var file = TokenFileSource.OpenTraining(_folder.Path, Spec);
        var cache = new ShardCache(file, new ShardLayout(Spec), (3 * ShardBytes) + 1);
        cache.Hold([.. Enumerable.Range(0, 8)]);
        ReadAll(cache);
        Assert.Equal((3, 3L * ShardBytes), (cache.Loaded, cache.Bytes));

        // Two of the three stay, and what the third leaves is filled again.
        cache.Hold([1, 2, 12]);
        Assert.Equal(2, cache.Loaded);
        ReadAll(cache);
        Assert.Equal(3, cache.Loaded);
        cache.Hold([]);
        ReadAll(cache);
        Assert.Equal((0, 0L), (cache.Loaded, cache.Bytes));
    }

    [Fact]
    public void TheStepLoopIsGivenWhatAHolderSentAndReadsTheRestFromTheFile()
    {
        using var host = new SampleHost(_folder.Path, Spec, ShardBytes);
        host.Keep(new KeepSamples(new HashSet<long> { 5, 7 }));
        host.Deliver(new DeliverSamples([5], TokensOf(5)));
        Assert.Equal(TokensOf(5).Select(token => (long)token), Read(host, 5));
        Assert.Equal((1L, 0L), (host.FromHolders, host.FromFile));

        // One that was asked for and does not come costs a wait, and those after it none.
        Assert.Equal(TokensOf(7).Select(token => (long)token), Read(host, 7));
        Assert.Equal(TokensOf(900).Select(token => (long)token), Read(host, 900));
        Assert.Equal((1L, 2L), (host.FromHolders, host.FromFile));

        host.Keep(new KeepSamples(new HashSet<long> { 900 }));
        Read(host, 5);
        Assert.Equal((1L, 3L), (host.FromHolders, host.FromFile));
    }

    [Fact]
    public async Task AHostAnswersWithTheTokensOfTheSamplesInTheirOrder()
    {
        using var host = new SampleHost(_folder.Path, Spec, ShardBytes);
        var answered = new TaskCompletionSource<(ReadSamples Read, ushort[] Tokens)>();
        host.AnswerTo((read, tokens) => answered.SetResult((read, tokens.ToArray())));
        host.Hold(new HoldShards([0]));
        host.Read(new ReadSamples(new NodeId(2), new Generation(3), [42, 3, 42]));
        var (read, tokens) = await answered.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(new NodeId(2), read.To);
        Assert.Equal([.. TokensOf(42), .. TokensOf(3), .. TokensOf(42)], tokens);
    }

    [Fact]
    public async Task QuestionsThatPileUpAreNotAllKept()
    {
        const int Asked = 5000;
        const int MostKept = 1025;
        using var host = new SampleHost(_folder.Path, Spec, ShardBytes);
        using var busy = new ManualResetEventSlim();
        var answered = 0;
        host.AnswerTo((_, _) =>
        {
            busy.Wait();
            Interlocked.Increment(ref answered);
        });
        for (var i = 0; i < Asked; i++)
        {
            host.Read(new ReadSamples(new NodeId(2), new Generation(3), [i % Samples]));
        }

        busy.Set();
        await Eventually.Holds("the answers to those that were kept", () => Volatile.Read(ref answered) >= MostKept - 1);

        // Whoever asks now finds room again, behind all of them.
        var last = new TaskCompletionSource();
        host.AnswerTo((_, _) => last.TrySetResult());
        host.Read(new ReadSamples(new NodeId(2), new Generation(3), [0]));
        await last.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.InRange(answered, MostKept - 1, MostKept);
    }

    private static void ReadAll(ShardCache cache)
    {
        for (var sample = 0L; sample < Samples; sample++)
        {
            cache.Read(sample, new ushort[Context + 1]);
        }
    }

    private static long[] Read(SampleHost host, long sample)
    {
        var tokens = new long[Context + 1];
        host.Read(sample, tokens);
        return tokens;
    }

    private static ushort[] TokensOf(long sample) => [.. Enumerable.Range(0, Context + 1).Select(place => (ushort)(((sample * Context) + place) % 65521))];
}
