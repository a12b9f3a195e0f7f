namespace AtomGrains.Deployment.Tests.Support;

/// <inheritdoc cref="FactThatNeedsAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TheoryThatNeedsAttribute : TheoryAttribute
{
    public TheoryThatNeedsAttribute(Needs needs) => Skip = needs.Missing()!;
}
