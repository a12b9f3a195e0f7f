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

    /// <summary>The same with checkpoints, a store that fails, and ends of everything.</summary>
    public static SimulationOptions CheckpointWalk(ulong seed) => Walk(seed) with
    {
        Steps = 20,
        CheckpointEvery = 1 + (long)(seed % 4),
        Keep = 1 + (int)(seed / 2 % 3),
        Kinds =
        [
            SimulatedFault.Crash, SimulatedFault.DoubleCrash, SimulatedFault.PauseAndWake, SimulatedFault.TwoWayPartition, SimulatedFault.Scale,
            SimulatedFault.Leave, SimulatedFault.CoordinatorCrash, SimulatedFault.EverythingDies, SimulatedFault.StoreOutage, SimulatedFault.TornCheckpoint,
        ],
    };

    /// <summary>Three to five workers, one of whose devices flips a bit from some step on, and nothing else.</summary>
    public static SimulationOptions Lying(ulong seed) => new()
    {
        Seed = seed,
        Workers = 3 + (int)(seed % 3),
        Lanes = seed % 2 == 0 ? 8 : 16,
        Partitions = 1 + (int)(seed % 3),
        Liar = 1,
        LiesFrom = 3,
    };

    /// <summary>The same among faults; worlds of one or two, in which nobody could decide, come about by deaths alone.</summary>
    public static SimulationOptions LyingAmongFaults(ulong seed) => Walk(seed) with
    {
        Workers = 3 + (int)(seed % 4),
        PoisonKills = 0,
        Liar = 1,
        LiesFrom = (long)(seed % 9),
        Kinds = [.. new SimulationOptions().Kinds.Where(kind => kind != SimulatedFault.Scale)],
    };

    /// <summary>Runs it by the safe rules and fails with the command that repeats it.</summary>
    public static SimulationResult Passes(SimulationOptions options)
    {
        var result = Judge(options, ProtocolRules.Safe);
        Assert.True(result.Violation is null, SimulationCommand.Failure(options, result));
        return result;
    }

    /// <summary>The first of these walks on which broken rules show as this violation; the safe ones pass all walks up to it.</summary>
    public static void Catches(string name, Func<ProtocolRules> rules, string violation, ulong mostSeeds, Func<ulong, SimulationOptions> walk)
    {
        for (ulong seed = 1; seed <= mostSeeds; seed++)
        {
            var options = walk(seed);
            Passes(options);
            if (Judge(options, rules()).Violation?.Contains(violation, StringComparison.Ordinal) == true)
            {
                return;
            }
        }

        Assert.Fail($"'{name}' was not caught by '{violation}' in {mostSeeds} seeds");
    }

    private static SimulationResult Judge(SimulationOptions options, ProtocolRules rules)
    {
        lock (Reference)
        {
            return Reference.Judge(options, rules);
        }
    }
}
