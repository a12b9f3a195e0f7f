using AtomGrains.Core.Membership;

namespace AtomGrains.Contract;

/// <summary>
/// What Core asks of whoever hosts it, so that its promise holds there. A host delivers control messages or says that the
/// other end is gone; gives a node id to one life alone; lets a coordinator that lives again begin with the register and
/// take the next generation; and lets the register decide between two of them. It promises nothing about time: what
/// comes late is Core's affair. Each host keeps this contract or its class here fails.
/// </summary>
public abstract class HostContractTests
{
    private const int Messages = 300;

    /// <summary>Steps of the newest run.</summary>
    protected abstract long Steps { get; }

    /// <summary>One sender's messages come in the order sent. A host without it shows that Core needs none.</summary>
    protected virtual bool PromisesOrder => true;

    /// <summary>Carries a run of several nodes through a fault to its end.</summary>
    protected abstract Task<HostedRun> Run(HostFault fault);

    /// <summary>The run that nothing happens to, of as many steps; a host makes it once.</summary>
    protected abstract Task<HostedRun> Calm();

    /// <summary>Sends 0, 1, ... to a living receiver, the way control messages go; what arrived, in its order.</summary>
    protected abstract Task<IReadOnlyList<int>> Carry(int messages);

    [Fact]
    public async Task WhatIsSentWhileBothEndsLiveArrivesOnceAndInOrderWherePromised()
    {
        var arrived = await Carry(Messages);
        Assert.Equal(Enumerable.Range(0, Messages), PromisesOrder ? arrived : arrived.Order());
        Assert.Equal(PromisesOrder, arrived.SequenceEqual(arrived.Order()));
    }

    [Fact]
    public async Task ARunThatNothingHappensToIsOneView()
    {
        var run = await Calm();
        var view = Assert.Single(run.Views);
        Assert.True(view.Workers.Count > 1, $"{view.Workers.Count} workers");
        Assert.NotNull(run.Weights);
        Assert.Equal(Enumerable.Range(0, (int)Steps).Select(step => (long)step), run.Steps.Select(step => step.Step));
    }

    [Fact]
    public async Task ANodeThatEndsIsMissedAndItsStepIsDoneByTheOthers()
    {
        var run = await Disturbed(HostFault.NodeEnds);
        IsLeftOutForGood(run);
        IsOneHistory(run);
    }

    [Fact]
    public async Task ANodeThatWasSilentTooLongIsFencedAndWhatItSaysLaterIsRefused()
    {
        var run = await Disturbed(HostFault.NodeIsSilentTooLong);
        IsLeftOutForGood(run);
        IsOneHistory(run);
        Assert.True(run.StruckNodeEnded, "a fenced node has to be told, and to end");
    }

    [Fact]
    public async Task MessagesThatComeLateCostNobodyThePlace()
    {
        var run = await Disturbed(HostFault.MessagesAreLate);
        Assert.Single(run.Views);
    }

    [Fact]
    public async Task ACoordinatorThatLivesAgainTakesTheNextGenerationOfTheRegister()
    {
        var run = await Disturbed(HostFault.CoordinatorIsLost);
        Assert.True(run.Views.Count > 1, "nobody took a generation");
        IsOneHistory(run);
    }

    [Fact]
    public async Task OfTwoCoordinatorsTheOneThatLosesTheGenerationStopsForGood()
    {
        var run = await Disturbed(HostFault.SecondCoordinator);
        Assert.Equal(1, run.Superseded);
    }

    /// <summary>Whatever happens: the undisturbed weights, the undisturbed loss of every step, and a register without a gap.</summary>
    private async Task<HostedRun> Disturbed(HostFault fault)
    {
        // In that order: a host may need more steps for a fault, and has to say what they are without it.
        var run = await Run(fault);
        var calm = await Calm();
        Assert.Equal(calm.Weights, run.Weights);
        var losses = calm.Steps.ToDictionary(step => step.Step, step => step.Loss);
        Assert.All(run.Steps, step => Assert.Equal(losses[step.Step], step.Loss));
        foreach (var lineage in run.Steps.GroupBy(step => step.Lineage))
        {
            Assert.Equal(Enumerable.Range(0, lineage.Count()).Select(step => (long)step), lineage.Select(step => step.Step));
        }

        Assert.Equal(Steps, run.Steps.Count(step => step.Lineage == run.Steps[^1].Lineage));
        Assert.Equal(Enumerable.Range(1, run.Views.Count).Select(i => new Generation(i)), run.Views.Select(view => view.Generation));
        return run;
    }

    // A node id is of one life: the place can be taken again, the id cannot.
    private static void IsLeftOutForGood(HostedRun run)
    {
        var struck = Assert.NotNull(run.Struck);
        var members = run.Views.Select(view => view.IsMember(struck)).ToList();
        Assert.True(members[0], $"{struck} was never there");
        Assert.False(members[^1], $"{struck} is still there");
        Assert.DoesNotContain(true, members.SkipWhile(isMember => isMember));
        Assert.Equal(run.Views[0].Workers.Count, run.Views[^1].Workers.Count);
    }

    private static void IsOneHistory(HostedRun run)
    {
        Assert.Single(run.Views.Select(view => view.Lineage).Distinct());
        Assert.Single(run.Steps.Select(step => step.Lineage).Distinct());
    }
}
