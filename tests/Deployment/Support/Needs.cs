namespace AtomGrains.Deployment.Tests.Support;

/// <summary>What a test cannot do without.</summary>
[Flags]
internal enum Needs
{
    Kubectl = 1,
    NodeModules = 2,
    Buildah = 4,
    ClusterPackages = 8,
}

internal static class NeedsExtensions
{
    /// <summary>Why a test with these needs is skipped here; null when all are there.</summary>
    public static string? Missing(this Needs needs) =>
        needs.HasFlag(Needs.Kubectl) && Tools.Kubectl is null ? Tools.NoKubectl
        : needs.HasFlag(Needs.NodeModules) && Tools.NodeModules is null ? Tools.NoNodeModules
        : needs.HasFlag(Needs.Buildah) && Tools.Buildah is null ? Tools.NoBuildah
        : needs.HasFlag(Needs.ClusterPackages) && Tools.ClusterLeftOut is { } reason ? $"needs the cluster packages: {reason}"
        : null;
}
