using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Partitions;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Protocol.Replays;

/// <summary>Version 0: the initial parameters, which are a function of the run spec.</summary>
/// <param name="lineage">The history that is replayed.</param>
public sealed class SeededOrigin(IStepLoop loop, Lineage lineage) : IParameterOrigin
{
    public long? Newest(long version) => version >= 0 ? 0 : null;

    public string NameOf(long version) => "the seeded beginning";

    public ParameterState Read(long version)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(version, 0);
        var values = new float[loop.Layout.Elements];
        loop.InitialParameters(values);
        return new ParameterState(lineage, 0, null, new SliceContent(values, new float[values.Length], new float[values.Length]));
    }
}
