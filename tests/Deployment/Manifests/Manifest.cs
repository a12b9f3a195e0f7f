namespace AtomGrains.Deployment.Tests.Manifests;

/// <summary>One Kubernetes object.</summary>
internal sealed record Manifest(Yaml Root)
{
    public string Kind => Root["kind"].Text;

    public string Name => Root.At("metadata.name").Text;

    public string Namespace => Root.At("metadata.namespace").Text;

    public Yaml Spec => Root["spec"];

    public override string ToString() => $"{Kind}/{Name}";
}
