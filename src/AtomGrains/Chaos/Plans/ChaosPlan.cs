using AtomGrains.Core.Options;

namespace AtomGrains.Chaos.Plans;

/// <summary>A run and what is to happen to it. Everything follows from the seed, the number and what was allowed.</summary>
/// <param name="Seed">Of the suite.</param>
/// <param name="Number">From 0.</param>
internal sealed record ChaosPlan(ulong Seed, int Number)
{
    public required ChaosSpec Spec { get; init; }

    /// <summary>As <c>--host</c> has it.</summary>
    public required string Host { get; init; }

    public required int Workers { get; init; }

    public required int Spares { get; init; }

    public required int Partitions { get; init; }

    /// <summary>Steps between checkpoints; 0 is none.</summary>
    public required int CheckpointEvery { get; init; }

    public required ChaosStore Store { get; init; }

    /// <summary>A dead supervisor is started again by <c>--supervise</c>; else by a resume.</summary>
    public required bool Supervise { get; init; }

    /// <summary>Short where nodes shall give up.</summary>
    public required TimeSpan OrphanGrace { get; init; }

    /// <summary>By step.</summary>
    public required IReadOnlyList<ChaosStrike> Strikes { get; init; }

    public FaultPlan Orders => new([.. Strikes.Where(strike => strike.IsOrdered).Select(strike => strike.Order!)]);

    /// <summary>Each kind once, in their usual order.</summary>
    public IReadOnlyList<ChaosKind> Kinds =>
        [.. ChaosKinds.All.Where(kind => kind == ChaosKind.Two ? Strikes.Any(strike => strike.IsOfTwo) : Strikes.Any(strike => strike.Kind == kind))];

    public override string ToString()
    {
        var store = Store == ChaosStore.Own ? "" : $" in {Store.ToString().ToLowerInvariant()}";
        var checkpoints = CheckpointEvery == 0 ? "no checkpoints" : FormattableString.Invariant($"a checkpoint every {CheckpointEvery} steps{store}");
        return FormattableString.Invariant(
            $"{Spec.Steps} steps of '{Spec.Name}', {Workers} workers, {Spares} spares, {Partitions} partitions, {checkpoints}{(Supervise ? ", supervised" : "")}: {string.Join("; ", Strikes)}");
    }
}

/// <summary>Where a plan's checkpoints go.</summary>
internal enum ChaosStore
{
    /// <summary>The run folder's own folder.</summary>
    Own,

    /// <summary>Another folder.</summary>
    Folder,

    /// <summary>A folder on a small disk of its own.</summary>
    Disk,

    /// <summary>The run folder itself is on a small disk of its own, and its checkpoints with it.</summary>
    RunOnDisk,

    /// <summary>An Azurite.</summary>
    Azurite,
}
