using AtomGrains.Simulator;

namespace AtomGrains.Core.Tests.Simulation.Regressions;

/// <summary>Runs that once broke an invariant, by the command that was printed then.</summary>
public class RegressionTests
{
    [Theory]
    // A rollback: the second lineage has to end with the bits of the first.
    [InlineData("--seed 2 --workers 16 --spares 1 --lanes 64 --partitions 8 --fault-every-ms 100 --faults-until-ms 3000 --kinds Crash,DoubleCrash,PauseAndWake,ShortPause,TwoWayPartition,OneWayPartition,Scale,Leave,CoordinatorCrash")]
    // A worker had heard a decision that was lost with everybody else who knew it, and never evaluated that step again.
    [InlineData("--seed 2364 --workers 6 --partitions 1 --skip-every 5 --salted yes --loss 0.03 --fault-every-ms 250 --faults-until-ms 8000 --kinds Crash,DoubleCrash,PauseAndWake,ShortPause,TwoWayPartition,OneWayPartition,Scale,Leave,CoordinatorCrash")]
    // Hung nodes that alone held a partition were neither done without nor relieved of their lanes.
    [InlineData("--seed 1 --workers 2 --fault-every-ms 400 --faults-until-ms 2000 --kinds HungLoop")]
    [InlineData("--seed 35 --fault-every-ms 400 --faults-until-ms 2000 --kinds HungLoop")]
    // All was sealed and an evaluation late; those who had done theirs seemed to wait for the primaries' parameters.
    [InlineData("--seed 4 --fault-every-ms 400 --faults-until-ms 2000 --kinds HungLoop")]
    // After the last step, primaries seemed to wait for its lanes.
    [InlineData("--seed 144 --fault-every-ms 400 --faults-until-ms 2000 --kinds HungLoop")]
    [InlineData("--seed 112 --fault-every-ms 400 --faults-until-ms 2000 --kinds BrokenLink")]
    [InlineData("--seed 120 --fault-every-ms 250 --faults-until-ms 4000")]
    // Of the two ends of a broken link, the one that the run could not do without was blamed.
    [InlineData("--seed 2 --fault-every-ms 400 --faults-until-ms 2000 --kinds BrokenLink")]
    [InlineData("--seed 4 --fault-every-ms 400 --faults-until-ms 2000 --kinds BrokenLink")]
    [InlineData("--seed 23 --fault-every-ms 400 --faults-until-ms 2000 --kinds BrokenLink")]
    // A lane that had ended a worker was held for ever by a coordinator that had taken over, beside a spare.
    [InlineData("--seed 35 --workers 2 --spares 1 --lanes 16 --poison-kills 2 --fault-every-ms 60 --faults-until-ms 4000")]
    public void RunThatOnceBrokeAnInvariantPasses(string words) => World.Passes(SimulationArguments.Parse(words.Split(' ')));
}
