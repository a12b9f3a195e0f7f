using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Runs;

/// <summary>
/// One model replica. All calls come from one dedicated thread. A lane's gradient is a pure function of the
/// loaded parameters and of <see cref="LaneWork"/>: it does not matter who computes it, or how often.
/// Errors: any exception means that the device or the replica can no longer be trusted.
/// </summary>
public interface IStepLoop : IDisposable
{
    /// <summary>Names, shapes and decay flags in registration order, which is the order of the flat vector.</summary>
    ParameterLayout Layout { get; }

    /// <summary>Writes the seeded initial parameters, [Layout.Elements] float32, in flat order.</summary>
    void InitialParameters(Span<float> flat);

    /// <summary>Loads parameters, [Layout.Elements] float32, in flat order.</summary>
    void LoadParameters(ReadOnlySpan<float> flat);

    /// <summary>
    /// Overwrites <paramref name="gradient"/> ([Layout.Elements] float32) with the gradient of the lane's mean
    /// loss and returns that loss. Non-finite values are passed on as they are.
    /// </summary>
    double ComputeLane(LaneWork work, Span<float> gradient);

    /// <summary>Mean loss over validation samples, without dropout. No gradient is kept.</summary>
    double Evaluate(IReadOnlyList<long> sampleIndices);

    /// <summary>Makes the engine really fail, in the next <see cref="ComputeLane"/>.</summary>
    void InjectFault(DeviceFault fault);
}
