using AtomGrains.Core.Protocol;

namespace AtomGrains.Simulator;

/// <summary>
/// I5: the bits that a run ends with are those of one worker and one partition without faults. One reference serves
/// every run with the same lanes, steps, evaluations and skips.
/// </summary>
public sealed class CalmReference
{
    private readonly Dictionary<(int Lanes, long Steps, long EvaluateEvery, long SkipEvery), SimulationResult> _known = [];

    /// <summary>Runs a simulation and adds what is wrong with its bits, unless they are salted or may be wrong.</summary>
    public SimulationResult Judge(SimulationOptions options, ProtocolRules rules)
    {
        var result = new Simulation(options, rules).Run();
        if (result.Violation is not null || result.Stopped is not null || options.Salted || result.MayBeWrong)
        {
            return result;
        }

        var calm = Of(options);
        var violation = calm.Violation is { } broken ? $"the run without faults: {broken}"
            : result.WeightsDigest != calm.WeightsDigest ? $"I5: the weights {result.WeightsDigest:x16} are not {calm.WeightsDigest:x16} of the run without faults"
            : !result.Losses.SequenceEqual(calm.Losses) ? "I5: the losses are not those of the run without faults"
            : null;
        return result with { Violation = violation };
    }

    private SimulationResult Of(SimulationOptions options)
    {
        var key = (options.Lanes, options.Steps, options.EvaluateEvery, options.SkipEvery);
        if (!_known.TryGetValue(key, out var result))
        {
            var calm = new SimulationOptions
            {
                Workers = 1,
                Partitions = 1,
                Lanes = options.Lanes,
                Steps = options.Steps,
                EvaluateEvery = options.EvaluateEvery,
                SkipEvery = options.SkipEvery,
            };
            _known[key] = result = new Simulation(calm, ProtocolRules.Safe).Run();
        }

        return result;
    }
}
