namespace AtomGrains.Deployment.Tests.Support;

/// <summary>Programs that the checks need and that are not ours: <c>./atom test</c> finds or fetches them.</summary>
internal static class Tools
{
    /// <summary>One that can render today's kustomizations; null where there is none.</summary>
    public static string? Kubectl { get; } = Variable("ATOMGRAINS_KUBECTL");

    /// <summary>The folder of the packages that <c>npm/package.json</c> names; null where npm did not bring them.</summary>
    public static string? NodeModules { get; } = Variable("ATOMGRAINS_DEPLOYMENT_CHECKS");

    /// <summary>Builds images without an engine; null where there is none.</summary>
    public static string? Buildah { get; } = Variable("ATOMGRAINS_BUILDAH");

    /// <summary>Why the cluster packages cannot be restored here; null where they can.</summary>
    public static string? ClusterLeftOut { get; } = Variable("ATOMGRAINS_CLUSTER_LEFT_OUT");

    public const string NoKubectl = "needs a kubectl of version 1.27 or later, which ./atom test takes from PATH or from Debian";
    public const string NoNodeModules = "needs Node.js and the packages of tests/Deployment/npm, which ./atom test gets from npm";
    public const string NoBuildah = "needs root, and Debian's buildah, which ./atom test fetches where apt-get is";

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
