using AtomGrains.Core.Protocol;
using AtomGrains.Simulator;

namespace AtomGrains.Core.Tests.Simulation;

/// <summary>Every fault at every moment of a small run: nothing is left to the dice but the delays.</summary>
public class SmallWorldTests
{
    private static readonly SimulationOptions Smallest = new()
    {
        Workers = 2,
        Lanes = 2,
        Partitions = 1,
        Steps = 3,
        EvaluateEvery = 0,
        FaultsUntil = TimeSpan.Zero,
    };

    public static TheoryData<int, int, bool> Worlds => new()
    {
        { 2, 1, false }, { 2, 1, true }, { 2, 2, false }, { 3, 1, false }, { 3, 2, false }, { 3, 2, true },
    };

    [Theory]
    [MemberData(nameof(Worlds))]
    public void CrashOfEachNodeBeforeEachEventEndsWithCalmBits(int workers, int partitions, bool salted) =>
        EachMoment(Small(workers, partitions, salted), SimulatedFault.Crash);

    [Theory]
    [MemberData(nameof(Worlds))]
    public void PauseAndWakeOfEachNodeBeforeEachEventEndsWithCalmBits(int workers, int partitions, bool salted) =>
        EachMoment(Small(workers, partitions, salted), SimulatedFault.PauseAndWake);

    [Theory]
    [MemberData(nameof(Worlds))]
    public void CoordinatorCrashBeforeEachEventEndsWithCalmBits(int workers, int partitions, bool salted) =>
        EachMoment(Small(workers, partitions, salted), SimulatedFault.CoordinatorCrash);

    [Fact]
    public void LeaveOfEachNodeBeforeEachEventEndsWithCalmBits() => EachMoment(Small(3, 2, false), SimulatedFault.Leave);

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    public void AStepLoopThatHangsBeforeEachEventEndsWithCalmBits(int workers, int partitions) =>
        EachMoment(Small(workers, partitions, false), SimulatedFault.HungLoop);

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    public void ALinkThatBreaksForGoodBeforeEachEventEndsWithCalmBits(int workers, int partitions) =>
        EachMoment(Small(workers, partitions, false), SimulatedFault.BrokenLink);

    [Theory]
    [InlineData(SimulatedFault.Crash, SimulatedFault.Crash)]
    [InlineData(SimulatedFault.PauseAndWake, SimulatedFault.Crash)]
    [InlineData(SimulatedFault.CoordinatorCrash, SimulatedFault.Crash)]
    public void EverySeventhPairOfFaultsInTheSmallestWorldEndsWithCalmBits(SimulatedFault first, SimulatedFault second) => Pairs(first, second, 7);

    [Theory]
    [InlineData(SimulatedFault.Crash, SimulatedFault.Crash)]
    [InlineData(SimulatedFault.PauseAndWake, SimulatedFault.Crash)]
    [InlineData(SimulatedFault.Crash, SimulatedFault.PauseAndWake)]
    [InlineData(SimulatedFault.CoordinatorCrash, SimulatedFault.Crash)]
    [InlineData(SimulatedFault.Crash, SimulatedFault.CoordinatorCrash)]
    [Trait("Category", "Long")]
    public void EveryPairOfFaultsInTheSmallestWorldEndsWithCalmBits(SimulatedFault first, SimulatedFault second) => Pairs(first, second, 1);

    private static SimulationOptions Small(int workers, int partitions, bool salted) =>
        Smallest with { Workers = workers, Lanes = 4, Partitions = partitions, EvaluateEvery = 2, Salted = salted };

    private static void EachMoment(SimulationOptions calm, SimulatedFault kind)
    {
        var events = World.Passes(calm).Events;
        var struck = 0;
        for (long moment = 1; moment < events; moment++)
        {
            // The coordinator has no slot.
            for (var slot = 0; slot < (kind == SimulatedFault.CoordinatorCrash ? 1 : calm.Workers); slot++)
            {
                struck += Strikes(calm with { Plan = [new(kind, moment, slot)] });
            }
        }

        Assert.True(struck > events / 2, $"{struck} faults in {events} runs");
    }

    private static void Pairs(SimulatedFault first, SimulatedFault second, int every)
    {
        var events = World.Passes(Smallest).Events;
        var (struck, run) = (0, 0);
        for (long moment = 1; moment < events; moment++)
        {
            // The recovery takes about as many events again.
            for (var next = moment; next < 2 * events; next++)
            {
                for (var slots = 0; slots < 4; slots++)
                {
                    if (run++ % every == 0)
                    {
                        struck += Strikes(Smallest with { Plan = [new(first, moment, slots & 1), new(second, next, slots >> 1)] });
                    }
                }
            }
        }

        Assert.True(struck > events, $"{struck} faults");
    }

    private static int Strikes(SimulationOptions options) => World.Passes(options).Injected.Values.Sum();
}
