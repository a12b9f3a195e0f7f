using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace AtomGrains.Deployment.Tests.Manifests;

/// <summary>A value in a manifest, or none: what is missing has no text, no items and only missing parts.</summary>
internal readonly struct Yaml(YamlNode? node)
{
    public bool IsMissing => node is null;

    public string Text => (node as YamlScalarNode)?.Value ?? "";

    public int? Number => int.TryParse(Text, CultureInfo.InvariantCulture, out var number) ? number : null;

    public IReadOnlyList<Yaml> Items => node is YamlSequenceNode sequence ? [.. sequence.Select(item => new Yaml(item))] : [];

    public IReadOnlyDictionary<string, Yaml> Fields => node is YamlMappingNode mapping
        ? mapping.ToDictionary(entry => ((YamlScalarNode)entry.Key).Value!, entry => new Yaml(entry.Value))
        : new Dictionary<string, Yaml>();

    public Yaml this[string name] => node is YamlMappingNode mapping && mapping.Children.TryGetValue(name, out var value) ? new Yaml(value) : default;

    /// <summary>Fields of fields, as in <c>spec.template.spec</c>.</summary>
    public Yaml At(string path) => path.Split('.').Aggregate(this, (at, name) => at[name]);

    /// <summary>This value and all within it.</summary>
    public IEnumerable<Yaml> All() => Items.Concat(Fields.Values).SelectMany(part => part.All()).Prepend(this);

    /// <summary>The labels of a selector or of an object, as name=value.</summary>
    public IReadOnlySet<string> Labels() => Fields.Select(label => $"{label.Key}={label.Value.Text}").ToHashSet();
}
