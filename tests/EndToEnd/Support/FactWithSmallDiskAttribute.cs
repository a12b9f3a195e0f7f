using AtomGrains.Chaos.Machine;
using AtomGrains.Chaos.Plans;
using AtomGrains.Commands.Options;

namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>A test that fills a disk: skipped where none of its own can be mounted.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithSmallDiskAttribute : FactAttribute
{
    public FactWithSmallDiskAttribute()
    {
        Skip = ChaosMachine.Missing(ChaosKind.DiskFull, TrainOptions.LocalHost)!;
    }
}
