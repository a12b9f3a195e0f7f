using AtomGrains.Core.Data;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Runs;

namespace AtomGrains.Simulator;

/// <summary>What a simulated step loop was sent of the dataset, whose tokens are a function of the sample.</summary>
internal sealed class SimulatedSamples(RunSpec spec, SimulationOutcome outcome)
{
    private readonly SamplePlan _plan = new(spec);
    private readonly int _tokens = new ShardLayout(spec).TokensPerSample;
    private readonly HashSet<long> _delivered = [];
    private IReadOnlySet<long> _kept = new HashSet<long>();

    /// <summary>As who holds their shards reads them.</summary>
    public ushort[] Read(IReadOnlyList<long> samples) => [.. samples.SelectMany(TokensOf)];

    public void Keep(KeepSamples keep)
    {
        _kept = keep.Samples;
        _delivered.IntersectWith(_kept);
    }

    public void Deliver(DeliverSamples deliver)
    {
        InvariantChecker.Require(deliver.Tokens.Span.SequenceEqual(Read(deliver.Samples)), "a sample was delivered with the tokens of another one");
        _delivered.UnionWith(deliver.Samples.Where(_kept.Contains));
    }

    public bool Has(long step, int lane) => _plan.SamplesOf(step, lane).All(_delivered.Contains);

    /// <summary>A lane takes its samples: those that were not delivered from the file.</summary>
    public void Take(long step, int lane)
    {
        var delivered = _plan.SamplesOf(step, lane).Count(_delivered.Contains);
        outcome.SamplesFromHolders += delivered;
        outcome.SamplesFromFile += _plan.SamplesOf(step, lane).Length - delivered;
    }

    private IEnumerable<ushort> TokensOf(long sample) => Enumerable.Range(0, _tokens).Select(place => (ushort)Bits.Mix((ulong)sample, (ulong)place));
}
