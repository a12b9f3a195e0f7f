using YamlDotNet.RepresentationModel;

namespace AtomGrains.Deployment.Tests.Manifests;

/// <summary>All objects of a kustomization, as <c>kubectl apply -k</c> would send them.</summary>
internal sealed class Rendered
{
    private Rendered(IReadOnlyList<Manifest> objects) => Objects = objects;

    public IReadOnlyList<Manifest> Objects { get; }

    public IReadOnlyList<Pod> Pods => [.. Objects.Where(one => !one.Spec.At("template.spec.containers").IsMissing).Select(one => new Pod(one))];

    /// <summary>The pods of the silos.</summary>
    public Pod Silos => new(Assert.Single(OfKind("Deployment")));

    public Yaml SiloContainer => Assert.Single(Silos.Containers);

    /// <summary>What a silo is told by its environment; null for what differs from pod to pod.</summary>
    public IReadOnlyDictionary<string, string?> Settings => SettingsOf(SiloContainer);

    public static Rendered From(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return new Rendered([.. stream.Documents.Select(document => new Manifest(new Yaml(document.RootNode)))]);
    }

    public IEnumerable<Manifest> OfKind(string kind) => Objects.Where(one => one.Kind == kind);

    public Manifest? Find(string kind, string name) => OfKind(kind).FirstOrDefault(one => one.Name == name);

    /// <summary>Variables of a container: later ones stand in for earlier ones, and its own for those of config maps.</summary>
    public IReadOnlyDictionary<string, string?> SettingsOf(Yaml container)
    {
        var settings = new Dictionary<string, string?>();
        foreach (var source in container["envFrom"].Items)
        {
            foreach (var (name, value) in Find("ConfigMap", source.At("configMapRef.name").Text)?.Root["data"].Fields ?? new Dictionary<string, Yaml>())
            {
                settings[name] = value.Text;
            }
        }

        foreach (var variable in container["env"].Items)
        {
            settings[variable["name"].Text] = variable["valueFrom"].IsMissing ? variable["value"].Text : null;
        }

        return settings;
    }
}
