namespace AtomGrains.EndToEnd.Tests.Monitoring;

/// <summary>A test that compiles against Grafana's own types: skipped where npm did not bring them.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithGrafanaTypesAttribute : FactAttribute
{
    private const string Variable = "ATOMGRAINS_GRAFANA_TYPES";

    public FactWithGrafanaTypesAttribute()
    {
        if (NodeModules is null)
        {
            Skip = "needs Node.js, and the packages of Grafana's types and of TypeScript, which ./atom test gets from npm";
        }
    }

    /// <summary>The folder of the packages; null where there is none.</summary>
    public static string? NodeModules => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : null;
}
