namespace AtomGrains.Deployment.Tests.Support;

/// <summary>A script of <c>npm/</c>, run with the packages that it needs.</summary>
internal static class NodeScript
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static FinishedProcess Run(string script, IReadOnlyList<string> arguments) => FinishedProcess.Run(
        Limit,
        new Dictionary<string, string> { ["NODE_PATH"] = Tools.NodeModules! },
        "node",
        [Repository.PathOf($"tests/Deployment/npm/{script}"), .. arguments]);
}
