using AtomGrains.Core.Data;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Runs;

namespace AtomGrains.Simulator;

/// <summary>
/// A whole run in virtual time on one thread: Core's own coordinator and nodes over a network that delays, loses,
/// repeats and reorders, on processes that crash, pause and wake. One seed decides everything, and the invariants
/// are checked at every event.
/// </summary>
public sealed class Simulation
{
    // Far beyond any recovery, though a step's deadline doubles with each use, and eight hung nodes in one step take half
    // of it: a run that is not done by then after the last fault has lost its liveness (I10).
    private static readonly TimeSpan LivenessBound = TimeSpan.FromSeconds(1800);

    // Fewer than a run's steps take: some of them are of two epochs.
    private const long Samples = 61;

    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> _events = new();
    private readonly FaultInjector _faults;
    private long _order;
    private long _handled;

    public Simulation(SimulationOptions options, ProtocolRules rules)
    {
        Random = new SeededRandom(options.Seed);
        Network = new SimulatedNetwork(this, options);
        Cluster = new SimulatedCluster(this, options, rules);
        _faults = new FaultInjector(this, options);
    }

    internal SeededRandom Random { get; }

    internal TimeSpan Now { get; private set; }

    internal SimulatedNetwork Network { get; }

    internal SimulatedCluster Cluster { get; }

    /// <summary>Runs to the end, the first violation, or the liveness bound.</summary>
    public SimulationResult Run()
    {
        string? violation = null;
        try
        {
            Cluster.Start();
            _faults.Schedule();
            while (Cluster.Outcome is { IsFinished: false, Stopped: null } && _events.TryDequeue(out var action, out var priority))
            {
                Now = priority.At;
                _faults.BeforeEvent(_handled++);
                action();
                if (Now - _faults.LastFault > LivenessBound)
                {
                    violation = $"I10: no end in sight {LivenessBound.TotalSeconds:F0} s after the last fault; {StallReport.Of(Cluster)}";
                    break;
                }
            }
        }
        catch (Exception error) when (error is InvariantException or ProtocolViolationException)
        {
            violation = error.Message;
        }
        catch (Exception error)
        {
            // The edge of the simulated machine: whatever a machine throws is its failure, and has to name the seed.
            violation = $"a machine failed: {error}";
        }

        var outcome = Cluster.Outcome;
        return new SimulationResult(
            violation, outcome.WeightsDigest, Cluster.Losses, _faults.Injected, outcome.Lineages.Count, outcome.Skipped, _handled, Now, outcome.Stopped, Cluster.Counters,
            outcome.Checkpoints.Count, outcome.Restored.Count, outcome.SamplesFromHolders, outcome.SamplesFromFile, Cluster.Audits.Found, Cluster.Audits.MayBeWrong);
    }

    internal void After(TimeSpan delay, Action action) => _events.Enqueue(action, (Now + delay, _order++));

    internal static RunSpec SpecOf(SimulationOptions options) => new()
    {
        Seed = options.Seed,
        Steps = options.Steps,
        Lanes = options.Lanes,
        GlobalBatch = options.Lanes,
        Partitions = options.Partitions,
        BlockElements = 12,
        Model = new ModelSpec(),
        Optimizer = new OptimizerSpec { WarmupSteps = 2, DecaySteps = options.Steps },
        Data = new DataSpec { TrainSamples = Samples },
        Evaluation = new EvaluationSpec { Every = options.EvaluateEvery, Batches = 3 },
    };

    // Nine blocks, the last of one element, and a change of decay inside a block.
    internal static ParameterLayout Parameters { get; } = new([new("matrix", [10, 9], 0, true), new("norm", [7], 90, false)]);
}
