using AtomGrains.Commands.Options;
using AtomGrains.Core.Data;
using AtomGrains.Core.Parameters;

namespace AtomGrains.Chaos.Plans;

/// <summary>
/// Draws plans: pure, so that a seed and a number always mean the same plan, whatever the machine. Each kind that is
/// allowed leads one plan of every round of as many plans as there are kinds, in an order of the round's own, and up to
/// two more come with it.
/// </summary>
internal static class ChaosPlanner
{
    // From here to there in a run: later, a replacement would hardly join before the end.
    private const double Earliest = 0.08;
    private const double Latest = 0.6;
    private const double AtTheVeryBeginning = 0.1;
    private const int MostMore = 2;

    // Longer than a dead supervisor's successor takes to come, and shorter than a plan may take. Silos go on with the run in it.
    private static readonly TimeSpan ShortOrphanGrace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongOrphanGrace = TimeSpan.FromSeconds(60);

    // At most one of each group in a plan: a run has one store, and ends with everything once.
    private static readonly ChaosKind[] OfStores = [ChaosKind.StoreDown, ChaosKind.AzureDown, ChaosKind.StoreSlow, ChaosKind.DiskFull];
    private static readonly ChaosKind[] OfEverything = [ChaosKind.AllDie, ChaosKind.TornCheckpoint, ChaosKind.Orphans, ChaosKind.DiskFull];

    // What is paused and alone is waited for, which takes half a minute.
    private static readonly ChaosKind[] NeedingCompany = [ChaosKind.Pause, ChaosKind.PauseAndWake, ChaosKind.Two];

    public static ChaosPlan Plan(ulong seed, int number, ChaosBounds bounds)
    {
        var (host, kinds, mostWorkers) = bounds;
        var random = new SeededRandom(Bits.Mix(seed, (ulong)number));
        var chosen = Choose(random, Leading(seed, number, kinds), kinds);
        var spec = random.Pick(ChaosSpec.All);
        var least = chosen.Exists(NeedingCompany.Contains) ? 2 : 1;
        var workers = least + random.Next(mostWorkers - least + 1);
        var partitions = 1 + random.Next(spec.MostPartitions);
        var drawer = new StrikeDrawer(random, spec, workers, least, bounds, partitions);
        var steps = chosen.Select(_ => (long)(spec.Steps * (Earliest + ((Latest - Earliest) * random.NextUnit())))).Order().ToList();
        if (random.Chance(AtTheVeryBeginning))
        {
            steps[0] = 0;
        }

        var strikes = chosen.Zip(steps).SelectMany(pair => drawer.Draw(pair.First, pair.Second)).OrderBy(strike => strike.Step).ToList();
        return new ChaosPlan(seed, number)
        {
            Spec = spec,
            Host = host,
            Workers = workers,
            Spares = random.Next(2),
            Partitions = partitions,
            CheckpointEvery = random.Pick<int>(chosen.Exists(kind => OfStores.Contains(kind) || OfEverything.Contains(kind)) ? [3, 5, 10] : [0, 1, 5, 20]),
            Store = StoreFor(strikes, random),
            Supervise = random.Chance(0.6) && host == TrainOptions.LocalHost && strikes.Exists(strike => strike.Kind is ChaosKind.Supervisor or ChaosKind.Orphans),
            OrphanGrace = host == TrainOptions.OrleansHost || strikes.Exists(strike => strike.Kind == ChaosKind.Orphans) ? ShortOrphanGrace : LongOrphanGrace,
            Strikes = WithRoomForOrders(strikes),
        };
    }

    private static ChaosKind Leading(ulong seed, int number, IReadOnlyList<ChaosKind> kinds)
    {
        var round = (ulong)(number / kinds.Count);
        return kinds.OrderBy(kind => Bits.Mix(seed, round, (ulong)kind)).ElementAt(number % kinds.Count);
    }

    private static List<ChaosKind> Choose(SeededRandom random, ChaosKind leading, IReadOnlyList<ChaosKind> kinds)
    {
        var chosen = new List<ChaosKind> { leading };
        for (var more = random.Next(MostMore + 1); more > 0; more--)
        {
            var kind = random.Pick(kinds);
            if (!Excludes(OfStores, kind) && !Excludes(OfEverything, kind) && !(IsOfAzure(kind) && chosen.Contains(ChaosKind.TornCheckpoint)) && !(kind == ChaosKind.TornCheckpoint && chosen.Exists(IsOfAzure)))
            {
                chosen.Insert(random.Next(chosen.Count + 1), kind);
            }
        }

        return chosen;

        bool Excludes(ChaosKind[] group, ChaosKind kind) => group.Contains(kind) && chosen.Exists(group.Contains);
    }

    // Files are what can be torn from outside.
    private static bool IsOfAzure(ChaosKind kind) => kind is ChaosKind.AzureDown or ChaosKind.StoreSlow;

    private static ChaosStore StoreFor(List<ChaosStrike> strikes, SeededRandom random) =>
        strikes.Exists(strike => IsOfAzure(strike.Kind)) ? ChaosStore.Azurite
        : strikes.Find(strike => strike.Kind == ChaosKind.DiskFull) is { } full ? full.Variant == StrikeDrawer.DiskOfTheRun ? ChaosStore.RunOnDisk : ChaosStore.Disk
        : strikes.Exists(strike => strike.Kind == ChaosKind.StoreDown) || random.Chance(0.3) ? ChaosStore.Folder
        : ChaosStore.Own;

    // A resume takes the orders along, and refuses those for workers that it has not.
    private static List<ChaosStrike> WithRoomForOrders(List<ChaosStrike> strikes)
    {
        var least = strikes.Where(strike => strike.IsOrdered).Max(strike => strike.Worker) + 1 ?? 1;
        return [.. strikes.Select(strike => strike.Kind != ChaosKind.Scale && strike.Workers < least ? strike with { Workers = least } : strike)];
    }
}
