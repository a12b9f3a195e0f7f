using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Replays;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.EndToEnd.Tests.Proofs;

/// <summary>Run folders as a run writes them, of a toy model whose gradients are arithmetic: in them any bit can be changed.</summary>
internal sealed class RecordedRuns : IDisposable
{
    private const int BlockElements = 8;
    private const int Elements = 75;

    private readonly string _home = Directory.CreateTempSubdirectory("atomgrains-proofs-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    /// <summary>A run of ten steps.</summary>
    /// <param name="flip">A step, and an element whose gradient has another bit in lane 1 of that step.</param>
    /// <param name="roots">Whether it has proven its parameters.</param>
    public string Record(string name, int partitions = 3, (long Step, int Element)? flip = null, bool roots = true)
    {
        var folder = Path.Combine(_home, name);
        Directory.CreateDirectory(folder);
        var spec = new RunSpec
        {
            Steps = 10,
            Lanes = 4,
            GlobalBatch = 4,
            Partitions = partitions,
            BlockElements = BlockElements,
            Model = new ModelSpec(),
            // Without clipping, an element's update depends on nothing but that element.
            Optimizer = new OptimizerSpec { Clip = 0, WarmupSteps = 1, DecaySteps = 10 },
            Data = new DataSpec { TrainSamples = 100, TrainTokens = 100 },
            Evaluation = new EvaluationSpec(),
        };
        RunRecord.Of(spec, "toy", new Dictionary<string, string>(), DateTimeOffset.UnixEpoch).Write(folder);
        var lineage = new Lineage(new Generation(1));
        using var loop = new ToyLoop(flip);
        var replayer = new Replayer(spec, loop, new SeededOrigin(loop, lineage).Read(0));
        using var journal = new RunJournal(folder, spec, roots);
        for (Prove(); replayer.Version < spec.Steps; Prove())
        {
            journal.Decided(replayer.Step().Decision, new Generation(1), DateTimeOffset.UtcNow);
        }

        return folder;

        void Prove()
        {
            var leaves = replayer.Leaves;
            if (roots)
            {
                journal.Proven(new VersionProven(lineage, replayer.Version, BlockTree.Root(leaves), PartitionProof.Beginnings(leaves)));
            }
        }
    }

    private sealed class ToyLoop((long Step, int Element)? flip) : IStepLoop
    {
        private readonly float[] _parameters = new float[Elements];

        public ParameterLayout Layout { get; } = new([new ParameterEntry("toy", [Elements], 0, false)]);

        public void InitialParameters(Span<float> flat)
        {
            for (var i = 0; i < flat.Length; i++)
            {
                flat[i] = i + 1;
            }
        }

        public void LoadParameters(ReadOnlySpan<float> flat) => flat.CopyTo(_parameters);

        // A coupling of all elements, a step late: what differs in one spreads to all.
        public double ComputeLane(LaneWork work, Span<float> gradient)
        {
            var sum = _parameters.Sum(parameter => (double)parameter);
            for (var i = 0; i < gradient.Length; i++)
            {
                gradient[i] = (0.1f * _parameters[i]) + (0.001f * (float)sum) + work.Lane;
            }

            if (flip is { } changed && changed.Step == work.Step && work.Lane == 1)
            {
                ref var element = ref gradient[changed.Element];
                element = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(element) ^ (1u << 25));
            }

            return sum;
        }

        public double Evaluate(IReadOnlyList<long> sampleIndices) => 0;

        public void InjectFault(DeviceFault fault) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
