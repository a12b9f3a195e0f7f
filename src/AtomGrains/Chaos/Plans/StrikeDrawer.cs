using AtomGrains.Commands.Options;
using AtomGrains.Core.Data;
using AtomGrains.Core.Options;

namespace AtomGrains.Chaos.Plans;

/// <summary>Draws what happens, in the order of the steps: who can be struck depends on what has happened to the world.</summary>
/// <param name="least">Workers that a plan's world may shrink to.</param>
internal sealed class StrikeDrawer(SeededRandom random, ChaosSpec spec, int workers, int least, ChaosBounds bounds, int partitions)
{
    /// <summary>Ways to fill a disk: that of the checkpoints, or that of the run.</summary>
    public const int DiskOfTheRun = 1;

    /// <summary>Ways to tear a checkpoint: see <see cref="Machine.TornCheckpoint"/>.</summary>
    public const int WaysToTear = 6;

    // Longer than a pause is noticed in, and than two checkpoints are apart.
    private const double LeastAway = 0.12;
    private const double MostAway = 0.3;

    private static readonly ChaosKind[] OfTwo = [ChaosKind.Kill, ChaosKind.Kill, ChaosKind.Pause, ChaosKind.PauseAndWake, ChaosKind.Notice, ChaosKind.Device];

    // A worker without a partition never comes to the later points.
    private static readonly ProtocolPoint?[] OfWorkers = [null, ProtocolPoint.Compute, ProtocolPoint.Push];
    private static readonly ProtocolPoint?[] OfOwners = [.. OfWorkers, ProtocolPoint.Seal, ProtocolPoint.Decide, ProtocolPoint.Apply];

    private readonly bool _isOfSilos = bounds.Host == TrainOptions.OrleansHost;
    private int _world = workers;

    public IReadOnlyList<ChaosStrike> Draw(ChaosKind kind, long step)
    {
        switch (kind)
        {
            case ChaosKind.Kill or ChaosKind.Pause or ChaosKind.PauseAndWake or ChaosKind.Notice:
                return [OfWorker(kind, step, random.Next(_world), random.Chance(0.5))];
            case ChaosKind.Device or ChaosKind.DeviceAbort:
                return [OfWorker(kind, step, random.Next(_world), isOrdered: true)];
            case ChaosKind.Supervisor:
                return [OfSupervisor(step, random.Chance(0.5))];
            case ChaosKind.Coordinator:
                return [OfCoordinator(step, random.Chance(0.5))];
            case ChaosKind.Two:
                return [.. Two(step).Select(strike => strike with { IsOfTwo = true })];
            case ChaosKind.Scale:
                _world = least + random.Next(bounds.MostWorkers - least + 1);
                return [new ChaosStrike(kind, step) { IsOrdered = true, Workers = _world }];
            case ChaosKind.StoreDown or ChaosKind.AzureDown or ChaosKind.StoreSlow:
                return [new ChaosStrike(kind, step) { Steps = Away() }];
            case ChaosKind.DiskFull when random.Chance(0.5):
                return [new ChaosStrike(kind, step) { Steps = Away() }];
            case ChaosKind.DiskFull:
                return [Resumed(kind, step) with { Variant = DiskOfTheRun }];
            case ChaosKind.AllDie or ChaosKind.Orphans:
                return [Resumed(kind, step)];
            case ChaosKind.TornCheckpoint:
                return [Resumed(kind, step) with { Variant = random.Next(WaysToTear) }];
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "unknown kind");
        }
    }

    private IEnumerable<ChaosStrike> Two(long step)
    {
        var first = random.Next(_world);
        switch (random.Next(4))
        {
            case 0:
                // The replacement dies as it joins.
                var kill = OfWorker(ChaosKind.Kill, step, first, isOrdered: true);
                return [kill, kill with { Point = ProtocolPoint.Join }];
            case 1:
                // The supervisor dies as it records the view that follows from the first death; of silos, whoever records it dies near that.
                return [OfWorker(ChaosKind.Kill, step, first, random.Chance(0.5)), _isOfSilos ? OfCoordinator(step, isOrdered: false) : OfSupervisor(step, isOrdered: true) with { Point = ProtocolPoint.Join }];
            case 2:
                var isOrdered = random.Chance(0.5);
                return [OfWorker(ChaosKind.Kill, step, first, isOrdered), _isOfSilos ? OfCoordinator(step, isOrdered) : OfSupervisor(step, isOrdered)];
            default:
                var second = (first + 1 + random.Next(_world - 1)) % _world;
                var both = random.Chance(0.5);
                return [OfWorker(random.Pick(OfTwo), step, first, both), OfWorker(random.Pick(OfTwo), step, second, both)];
        }
    }

    private ChaosStrike OfWorker(ChaosKind kind, long step, int worker, bool isOrdered)
    {
        var point = random.Pick(partitions >= _world ? OfOwners : OfWorkers);
        isOrdered |= kind is ChaosKind.Device or ChaosKind.DeviceAbort;
        return new ChaosStrike(kind, step) { Worker = worker, IsOrdered = isOrdered, Point = isOrdered ? point : null };
    }

    private ChaosStrike OfSupervisor(long step, bool isOrdered)
    {
        var point = random.Pick(OfOwners);
        isOrdered &= !_isOfSilos; // who started silos takes no orders
        return new ChaosStrike(ChaosKind.Supervisor, step) { IsOrdered = isOrdered, Point = isOrdered ? point : null };
    }

    private static ChaosStrike OfCoordinator(long step, bool isOrdered) => new(ChaosKind.Coordinator, step) { IsOrdered = isOrdered };

    private ChaosStrike Resumed(ChaosKind kind, long step)
    {
        var strike = new ChaosStrike(kind, step) { Workers = least + random.Next(bounds.MostWorkers - least + 1), Partitions = 1 + random.Next(spec.MostPartitions) };
        _world = Math.Min(_world, strike.Workers!.Value);
        return strike;
    }

    private long Away() => (long)(spec.Steps * (LeastAway + ((MostAway - LeastAway) * random.NextUnit())));
}
