using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Grains;
using AtomGrains.Grains.Wire;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>The grains of a run's partitions and shards, while silos come to an end.</summary>
public sealed class PartGrainTests
{
    private const long Steps = 1500;
    private const int Partitions = 4;
    private const int Shards = 8;
    private const int Samples = 100;

    [Fact]
    public async Task PartitionsCoverEveryElementOnceAndSayOnWhichSilosTheyAre()
    {
        await using var cluster = await InProcessCluster.Start(workers: 2, Steps);
        await cluster.Reaches(10);
        var (next, nodes) = (0, (await cluster.Run.Progress()).View!.Members.Select(member => member.Node).ToList());
        for (var partition = 0; partition < Partitions; partition++)
        {
            var home = (await Partition(cluster, partition).Home())!;
            Assert.Equal(next, home.FirstElement);
            next += home.Elements;
            Assert.Contains(home.Primary, nodes);
            Assert.NotEqual(home.Primary, home.Backup);
            Assert.Equal([home.Primary, home.Backup!.Value], home.Silos.Select(silo => silo.Node).OrderBy(node => node == home.Backup));
            Assert.All(home.Silos, silo => Assert.True(cluster.IndexOf(silo.Silo) >= 0, silo.Silo));
        }

        Assert.Equal(FakeStepLoop.Elements, next);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Partition(cluster, Partitions).Home());
    }

    [Fact]
    public Task APartitionWhosePrimarysSiloEndsIsFoundOnAnotherOne() => LongEnough.Run(new Spec((int)Steps), async spec =>
    {
        await using var cluster = await InProcessCluster.Start(workers: 3, spec.Steps);
        await cluster.Reaches(10);
        await cluster.While("another primary", async () =>
        {
            var before = (await Partition(cluster, 0).Home())!;
            var lost = before.Silos.Single(silo => silo.Node == before.Primary).Silo;
            await cluster.Stop(cluster.IndexOf(lost));
            var after = await Eventually.Answers("another primary", () =>
            {
                cluster.GoesOn("another primary");
                return Asked(async () => await Partition(cluster, 0).Home() is { } home && home.Primary != before.Primary ? home : null);
            });
            Assert.Equal(before.Backup, after.Primary);
            Assert.True(after.Generation > before.Generation);
            Assert.Equal((before.FirstElement, before.Elements), (after.FirstElement, after.Elements));
            Assert.DoesNotContain(lost, after.Silos.Select(silo => silo.Silo));
        });
        await cluster.Finish();
    });

    [Fact]
    public async Task ShardsCoverEverySampleOnceAndReadWhatIsTheirs()
    {
        await using var cluster = await InProcessCluster.Start(workers: 1, Steps);
        var next = 0L;
        for (var shard = 0; shard < Shards; shard++)
        {
            var range = await Shard(cluster, shard).Range();
            Assert.Equal(next, range.First);
            Assert.Equal(InProcessCluster.TokensOf(next), await Shard(cluster, shard).Read(next));
            next += range.Count;
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Shard(cluster, shard).Read(next));
        }

        Assert.Equal(Samples, next);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Shard(cluster, Shards).Range());
    }

    [Fact]
    public async Task AShardWhoseSiloEndsLivesOnAnotherOneAndReadsTheSame()
    {
        await using var cluster = await InProcessCluster.Start(workers: 3, Steps);
        await cluster.Reaches(10);
        var before = await Shard(cluster, 3).Range();
        await cluster.Stop(cluster.IndexOf(before.Silo));
        var after = await Eventually.Answers("the shard elsewhere", () => Asked<ShardRange>(async () => await Shard(cluster, 3).Range()));
        Assert.NotEqual(before.Silo, after.Silo);
        Assert.Equal(before with { Silo = after.Silo }, after);
        Assert.Equal(InProcessCluster.TokensOf(before.First), await Shard(cluster, 3).Read(before.First));
        await cluster.Finish();
    }

    private static IPartitionGrain Partition(InProcessCluster cluster, int partition) =>
        cluster.Grains.GetGrain<IPartitionGrain>(RunKeys.Partition(cluster.RunId, partition));

    private static IShardGrain Shard(InProcessCluster cluster, int shard) => cluster.Grains.GetGrain<IShardGrain>(RunKeys.Shard(cluster.RunId, shard));

    // Callers say again themselves what was on its way to a silo that is gone.
    private static async Task<T?> Asked<T>(Func<Task<T?>> call)
        where T : class
    {
        try
        {
            return await call();
        }
        catch (OrleansException)
        {
            return null;
        }
    }
}
