namespace AtomGrains.Deployment.Tests.Support;

/// <summary>Skipped, with the reason, where a tool is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactThatNeedsAttribute : FactAttribute
{
    public FactThatNeedsAttribute(Needs needs) => Skip = needs.Missing()!;
}
