namespace AtomGrains.Core.Options;

/// <summary>One ordered fault, from <c>--fault</c>.</summary>
/// <param name="Worker">Which worker, from 0; null for those that name none: <see cref="FaultKind.Scale"/>, <see cref="FaultKind.KillSupervisor"/>, <see cref="FaultKind.KillCoordinator"/>.</param>
/// <param name="Step">The first step at which it may strike.</param>
/// <param name="Point">Where in the step; null is at its beginning.</param>
/// <param name="Workers">The new number of workers, for <see cref="FaultKind.Scale"/> alone.</param>
public sealed record FaultOrder(FaultKind Kind, int? Worker, long Step, ProtocolPoint? Point = null, int? Workers = null)
{
    /// <summary>The text form, which <see cref="FaultPlan.ParseOrder"/> reads back.</summary>
    public override string ToString()
    {
        var what = Kind switch
        {
            FaultKind.Scale => $"scale={Workers}",
            FaultKind.KillSupervisor or FaultKind.KillCoordinator => FaultPlan.NameOf(Kind),
            _ => $"{FaultPlan.NameOf(Kind)}:worker={Worker}",
        };
        var where = Point is { } point ? $"/{FaultPlan.NameOf(point)}" : "";
        return $"{what}@step={Step}{where}";
    }
}
