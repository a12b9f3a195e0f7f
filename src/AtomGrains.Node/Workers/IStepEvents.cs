using AtomGrains.Core.Protocol;
using AtomGrains.Core.Runs;

namespace AtomGrains.Node.Workers;

/// <summary>What the step thread reports, on its own thread: post and return.</summary>
internal interface IStepEvents
{
    /// <param name="initial">The seeded initial parameters, [elements] float32; the receiver's.</param>
    void OnStepLoopReady(IStepLoop loop, float[] initial);

    void OnStepLoopFailed(Exception error);

    /// <summary>A buffer of the flat vector's length, which comes back with the lane.</summary>
    float[] RentGradient();

    void OnParametersLoaded(StepKey key);

    void OnLaneComputed(StepKey key, int lane, float[] gradient, double loss);

    void OnBatchEvaluated(StepKey key, int batch, double loss);
}
