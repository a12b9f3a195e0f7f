using AtomGrains.Deployment.Tests.Manifests;

namespace AtomGrains.Deployment.Tests.Rules;

/// <summary>What manifests have to keep, with the slip that it is there to find.</summary>
/// <param name="Name">A sentence.</param>
/// <param name="Violations">One line for each; none where the rule is kept.</param>
/// <param name="Slip">A text of the rendered YAML and what somebody might write instead.</param>
/// <param name="Of">Folders below <c>k8s/</c> whose objects keep the rule; the slip is made in the first.</param>
internal sealed record ManifestRule(
    string Name,
    Func<Rendered, IEnumerable<string>> Violations,
    (string Right, string Wrong) Slip,
    params IReadOnlyList<string> Of)
{
    public static readonly IReadOnlyList<string> OnGpus = ["overlays/gpu", "overlays/azure-gpu"];
    public static readonly IReadOnlyList<string> OnAzure = ["overlays/azure", "overlays/azure-gpu"];

    public static IReadOnlyList<string> Everything { get; } = [.. Kustomization.Overlays, Kustomization.Examples];

    /// <summary>A rule about objects, each looked at alone.</summary>
    public static Func<Rendered, IEnumerable<string>> Each<T>(Func<Rendered, IEnumerable<T>> objects, Func<T, bool> keeps) =>
        rendered => objects(rendered).Where(one => !keeps(one)).Select(one => $"{one}");

    /// <summary>The same for pods.</summary>
    public static Func<Rendered, IEnumerable<string>> EachPod(Func<Pod, bool> keeps) => Each(rendered => rendered.Pods, keeps);

    /// <summary>A rule about what the silos' manifests say as a whole.</summary>
    public static Func<Rendered, IEnumerable<string>> Whole(Func<Rendered, bool> keeps) => rendered => keeps(rendered) ? [] : ["not so"];
}
