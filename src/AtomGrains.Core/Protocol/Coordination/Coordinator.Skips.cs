using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>Steps whose gradient or loss is not finite: which lanes they are to be blamed on, and when there are too many in a row.</summary>
public sealed partial class Coordinator
{
    // Enough to find out what is wrong; the ledger has all of them.
    private const int MostSamplesNamed = 16;

    private readonly Dictionary<StepKey, SortedSet<int>> _notFinite = [];
    private readonly List<SkippedStep> _skips = [];
    private TimeSpan? _skipSince;

    private void OnNotFinite(LanesNotFinite report)
    {
        if (report.Key.Lineage == _view?.Lineage && report.Key.Step >= _step)
        {
            if (!_notFinite.TryGetValue(report.Key, out var lanes))
            {
                _notFinite[report.Key] = lanes = [];
            }

            lanes.UnionWith(report.Lanes);
        }
    }

    // What is decided is in the seals; only the names of the lanes may still be on their way.
    private bool WaitsForNames(Decision decision, TimeSpan now)
    {
        _skipSince ??= now;
        return !_notFinite.ContainsKey(KeyOf(decision)) && now - _skipSince <= options.SkipGrace;
    }

    private SkippedStep Skipped(Decision decision)
    {
        var skipped = new SkippedStep(
            decision.Step,
            double.IsFinite(decision.Loss) ? SkipReason.Gradient : SkipReason.Loss,
            _notFinite.TryGetValue(KeyOf(decision), out var lanes) ? [.. lanes] : []);
        _skips.RemoveAll(earlier => earlier.Step >= decision.Step || earlier.Step <= decision.Step - decision.SkipsInRow);
        _skips.Add(skipped);
        return skipped;
    }

    private static StepKey KeyOf(Decision decision) => new(decision.Lineage, decision.Step, decision.Previous);

    private string TooManySkips(Decision decision)
    {
        var named = _skips.Where(skip => skip.Lanes.Count > 0).Select(skip => LaneNames.Of(spec, skip.Step, skip.Lanes, MostSamplesNamed));
        return $"{decision.SkipsInRow} steps in a row up to step {decision.Step} had a gradient or loss that is not finite: {string.Join("; ", named)}";
    }

    private void ForgetSkipsBefore(long step)
    {
        _skipSince = null;
        foreach (var key in _notFinite.Keys.Where(key => key.Step < step).ToList())
        {
            _notFinite.Remove(key);
        }
    }
}
