using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Data;

/// <summary>
/// I1: goes through the surviving history step by step and checks that every sample index of every epoch is taken exactly
/// once. It believes no arithmetic: each index that the lanes of a step were given is looked up in a bitmap of the epoch,
/// which is also all that it keeps.
/// </summary>
public sealed class CommitAudit
{
    private readonly RunSpec _spec;
    private readonly SamplePlan _plan;
    private readonly ulong[] _taken;
    private long _epoch;
    private long _committed;
    private long _skipped;

    public CommitAudit(RunSpec spec)
    {
        _spec = spec;
        _plan = new SamplePlan(spec);
        _taken = new ulong[(spec.Data.TrainSamples + 63) / 64];
    }

    /// <summary>The step that has to come next.</summary>
    public long NextStep { get; private set; }

    /// <summary>The epoch under way.</summary>
    public EpochAudit Open => new(_epoch, _committed, _skipped, _plan.TrainSamples);

    /// <summary>Takes the samples of a step.</summary>
    /// <param name="whole">Is given each epoch that this step completes.</param>
    /// <returns>The first thing that is wrong, or null.</returns>
    public string? Add(long step, bool skipped, Action<EpochAudit> whole)
    {
        if (step != NextStep)
        {
            return step < NextStep
                ? $"step {step} is there twice: sample {FirstOf(step)} of epoch {_plan.EpochOf(step)} would be committed again"
                : $"step {NextStep} is missing: sample {FirstOf(NextStep)} of epoch {_plan.EpochOf(NextStep)} was not committed";
        }

        var position = SamplePlan.PositionOf(step, _spec.GlobalBatch);
        for (var lane = 0; lane < _spec.Lanes; lane++)
        {
            foreach (var sample in _plan.SamplesOf(step, lane))
            {
                if (Take(_plan.EpochAt(position++), sample, skipped, whole) is { } wrong)
                {
                    return $"{wrong}: by lane {lane} of step {step}";
                }
            }
        }

        NextStep++;
        return null;
    }

    private long FirstOf(long step) => _plan.SamplesOf(step, 0)[0];

    private string? Take(long epoch, long sample, bool skipped, Action<EpochAudit> whole)
    {
        if (epoch != _epoch)
        {
            return $"sample {sample} is of epoch {epoch}, and epoch {_epoch} lacks sample {FirstFree()}";
        }

        ref var word = ref _taken[sample / 64];
        var bit = 1UL << (int)(sample % 64);
        if ((word & bit) != 0)
        {
            return $"sample {sample} of epoch {epoch} is taken twice";
        }

        word |= bit;
        (_committed, _skipped) = skipped ? (_committed, _skipped + 1) : (_committed + 1, _skipped);
        if (Open.IsWhole)
        {
            whole(Open);
            Array.Clear(_taken);
            (_epoch, _committed, _skipped) = (_epoch + 1, 0, 0);
        }

        return null;
    }

    private long FirstFree()
    {
        var word = Array.FindIndex(_taken, bits => bits != ulong.MaxValue);
        return (word * 64L) + System.Numerics.BitOperations.TrailingZeroCount(~_taken[word]);
    }
}
