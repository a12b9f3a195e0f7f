namespace AtomGrains.Deployment.Tests.Manifests;

/// <summary>The pods of a Deployment or Job: their labels and what they are to be.</summary>
internal sealed record Pod(Manifest Owner)
{
    public Yaml Spec => Owner.Spec.At("template.spec");

    public IReadOnlySet<string> Labels => Owner.Spec.At("template.metadata.labels").Labels();

    public IReadOnlyList<Yaml> Containers => [.. Spec["containers"].Items, .. Spec["initContainers"].Items];

    public Yaml Volume(string name) => Spec["volumes"].Items.FirstOrDefault(volume => volume["name"].Text == name);

    public override string ToString() => $"{Owner}";
}
