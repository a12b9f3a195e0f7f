namespace AtomGrains.EndToEnd.Tests.Telemetry;

/// <summary>A test that asks a real Prometheus: skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithPrometheusAttribute : FactAttribute
{
    public FactWithPrometheusAttribute()
    {
        if (PrometheusProcess.Folder is null)
        {
            Skip = "needs prometheus and promtool, which ./atom test fetches where apt-get is";
        }
    }
}
