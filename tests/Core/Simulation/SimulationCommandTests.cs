using AtomGrains.Simulator;

namespace AtomGrains.Core.Tests.Simulation;

public class SimulationCommandTests
{
    [Fact]
    public void PrintedCommandRepeatsTheRun()
    {
        var options = World.Walk(21) with { Salted = true, Plan = [new(SimulatedFault.Leave, 40, 1), new(SimulatedFault.Crash, 99, 0)], Kinds = [SimulatedFault.Crash, SimulatedFault.Scale] };
        var words = SimulationArguments.Write(options).Split(' ');
        var read = SimulationArguments.Parse(words);
        Assert.Equal(SimulationArguments.Write(options), SimulationArguments.Write(read));
        Assert.Equal(options, read with { Plan = options.Plan, Kinds = options.Kinds });
        Assert.Equal(options.Plan, read.Plan);
        Assert.Equal(options.Kinds, read.Kinds);
        Assert.Equal(7, SimulationArguments.Parse(SimulationArguments.Write(options with { FlipAtVersion = 7 }).Split(' ')).FlipAtVersion);
        Assert.Equal(World.Passes(options).Events, World.Passes(read).Events);
    }

    [Fact]
    public void SeveralSeedsAreRunAndSummed()
    {
        var output = new StringWriter();
        Assert.Equal(0, SimulationCommand.Run(["--seeds", "3", "--seed", "5", "--fault-every-ms", "300", "--faults-until-ms", "1000"], output));
        Assert.Contains("0 of 3 simulations broke an invariant", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void FailureNamesViolationAndCommand()
    {
        var options = World.Walk(3);
        var result = new Simulator.Simulation(options, new Mutations.Mutations.SealBeforeTheBackupHasIt()).Run();
        var failure = SimulationCommand.Failure(options, result);
        Assert.Contains("R3:", failure, StringComparison.Ordinal);
        Assert.Contains($"./atom simulate {SimulationArguments.Write(options)}", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void RunThatHangsSaysWhatItWaitsFor()
    {
        var result = new Simulator.Simulation(new SimulationOptions(), new NeverComplete()).Run();
        Assert.StartsWith("I10:", result.Violation, StringComparison.Ordinal);
        // One node after the other was replaced in vain.
        Assert.Matches("the coordinator is at step 0, g[0-9]+, in force", result.Violation);
        Assert.Matches(@"n[0-9]+ \(Alive\) g[0-9]+, worker at step 0; p[0-9] Primary at 0", result.Violation);
    }

    [Theory]
    [InlineData("--lanes 12", "--lanes is '12', must be a power of two from 1 to 64")]
    [InlineData("--workers 17", "--workers is '17', must be from 1 to 16")]
    [InlineData("--seed -1", "--seed is '-1', must be from 0")]
    [InlineData("--kinds Flood", "--kinds is 'Flood', must be names of faults with commas between")]
    [InlineData("--plan Crash@3", "--plan is 'Crash@3', must be fault:slot@event with commas between")]
    [InlineData("--loss", "--loss needs a value: from 0 to 0.5")]
    [InlineData("--seeds 0", "--seeds must be from 1 to 1000000")]
    [InlineData("--speed 3", "'--speed' is no setting of a simulation")]
    public void BadSettingIsOneLineThatNamesItsRange(string words, string line)
    {
        var output = new StringWriter();
        Assert.Equal(2, SimulationCommand.Run(words.Split(' '), output));
        Assert.StartsWith(line, Assert.Single(output.ToString().TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    private sealed class NeverComplete : Core.Protocol.ProtocolRules
    {
        public override bool IsComplete(int covered, int lanes) => false;
    }
}
