using System.Collections.Concurrent;
using AtomGrains.Deployment.Tests.Support;

namespace AtomGrains.Deployment.Tests.Manifests;

/// <summary>The kustomizations of <c>k8s/</c>, each rendered once.</summary>
internal static class Kustomization
{
    public const string Examples = "examples";
    public const string Monitoring = "monitoring";

    private static readonly ConcurrentDictionary<string, Lazy<string>> Texts = new();

    /// <summary>What an operator may apply.</summary>
    public static IReadOnlyList<string> Overlays { get; } =
        [.. Directory.EnumerateDirectories(Repository.PathOf("k8s/overlays")).Select(folder => $"overlays/{Path.GetFileName(folder)}").Order(StringComparer.Ordinal)];

    public static TheoryData<string> OverlayData => [.. Overlays];

    /// <param name="name">Its folder below <c>k8s/</c>.</param>
    public static string Text(string name) => Texts.GetOrAdd(name, _ => new Lazy<string>(() => Render(Repository.PathOf($"k8s/{name}")))).Value;

    /// <summary>The objects of a folder; warnings, such as those about fields that will go, are errors.</summary>
    public static string Render(string folder)
    {
        var kubectl = FinishedProcess.Run(TimeSpan.FromMinutes(1), new Dictionary<string, string>(), Tools.Kubectl!, "kustomize", folder);
        Assert.True(kubectl.Errors.Length == 0, kubectl.Errors);
        return kubectl.OutputOfSuccess();
    }
}
