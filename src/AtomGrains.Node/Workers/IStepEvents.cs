using AtomGrains.Core.Protocol;
using AtomGrains.Core.Runs;

namespace AtomGrains.Node.Workers;

/// <summary>What the step thread reports, on its own thread: post and return.</summary>
internal interface IStepEvents
{
    /// <param name="initial">The seeded initial parameters, [elements] float32; the receiver's.</param>
    void OnStepLoopReady(IStepLoop loop, float[] initial);

    void OnStepLoopFailed(Exception error);

    void OnParametersLoaded(StepKey key);

    /// <param name="gradient">[elements] float32, the receiver's, who supplies another in its place.</param>
    void OnLaneComputed(StepKey key, int lane, float[] gradient, double loss);

    void OnBatchEvaluated(StepKey key, int batch, double loss);
}
