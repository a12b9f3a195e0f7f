namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>A test that fills a disk: skipped where none of its own can be mounted.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithSmallDiskAttribute : FactAttribute
{
    public FactWithSmallDiskAttribute()
    {
        if (!SmallDisk.IsAllowed)
        {
            Skip = "needs root: a small disk of its own is mounted and filled";
        }
    }
}
