namespace AtomGrains.Core.Parameters;

/// <summary>The scalars of one update, the same bits on every replica.</summary>
/// <param name="ClipScale">Factor on the gradient: 1, or clip ÷ norm.</param>
/// <param name="FirstCorrection">1 ÷ (1 − β1^t) for the optimizer count t, from 1.</param>
/// <param name="SecondCorrection">1 ÷ (1 − β2^t).</param>
public readonly record struct UpdateScalars(float LearningRate, float ClipScale, float FirstCorrection, float SecondCorrection);
