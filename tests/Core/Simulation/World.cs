using AtomGrains.Core.Protocol;
using AtomGrains.Simulator;

namespace AtomGrains.Core.Tests.Simulation;

/// <summary>The worlds that the random walks visit, and how a test runs one.</summary>
internal static class World
{
    public static readonly CalmReference Reference = new();

    /// <summary>Sizes, faults and network follow from the seed, so that many seeds visit many kinds of worlds.</summary>
    public static SimulationOptions Walk(ulong seed) => new()
    {
        Seed = seed,
        Workers = 2 + (int)(seed % 5),
        Lanes = seed % 2 == 0 ? 8 : 16,
        Partitions = 1 + (int)(seed % 3),
        Spares = (int)(seed / 3 % 2),
        SkipEvery = seed % 4 == 0 ? 5 : 0,
        PoisonKills = seed % 5 == 0 ? 2 : 0,
        LateDeaths = seed % 2 == 0,
        FaultEveryMilliseconds = seed % 7 == 0 ? 60 : 250,
        FaultsUntil = TimeSpan.FromSeconds(4),
        Loss = seed % 3 == 0 ? 0.02 : 0,
        Duplication = seed % 3 == 1 ? 0.05 : 0,
    };

    /// <summary>Runs it by the safe rules and fails with the command that repeats it.</summary>
    public static SimulationResult Passes(SimulationOptions options)
    {
        SimulationResult result;
        lock (Reference)
        {
            result = Reference.Judge(options, ProtocolRules.Safe);
        }

        Assert.True(result.Violation is null, SimulationCommand.Failure(options, result));
        return result;
    }
}
