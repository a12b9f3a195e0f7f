using AtomGrains.Simulator;

namespace AtomGrains.Core.Tests.Simulation.Regressions;

/// <summary>Runs that once broke an invariant, by the command that was printed then.</summary>
public class RegressionTests
{
    [Theory]
    // A rollback: the second lineage has to end with the bits of the first.
    [InlineData("--seed 2 --workers 16 --spares 1 --lanes 64 --partitions 8 --fault-every-ms 100 --faults-until-ms 3000")]
    // A worker had heard a decision that was lost with everybody else who knew it, and never evaluated that step again.
    [InlineData("--seed 2364 --workers 6 --partitions 1 --skip-every 5 --salted yes --loss 0.03 --fault-every-ms 250 --faults-until-ms 8000")]
    public void RunThatOnceBrokeAnInvariantPasses(string words) => World.Passes(SimulationArguments.Parse(words.Split(' ')));
}
