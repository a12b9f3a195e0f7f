using AtomGrains.Deployment.Tests.Manifests;
using static AtomGrains.Deployment.Tests.Rules.ManifestRule;

namespace AtomGrains.Deployment.Tests.Rules;

/// <summary>Who may speak to whom. The ports are those that the silos' settings name.</summary>
internal static class NetworkRules
{
    private const string Silo = "app.kubernetes.io/component=silo";
    private const string Client = "atomgrains/client=true";

    public static IReadOnlyList<ManifestRule> All { get; } =
    [
        new("WhatIsNotAllowedIsDenied",
            Whole(rendered => rendered.Find("NetworkPolicy", "default-deny")!.Spec is var deny && deny["podSelector"].Fields.Count == 0 && !deny["podSelector"].IsMissing
                && deny["policyTypes"].Items.Select(type => type.Text).ToHashSet().SetEquals(["Ingress", "Egress"])
                && deny["ingress"].IsMissing && deny["egress"].IsMissing),
            ("podSelector: {}\n  policyTypes:\n  - Ingress\n  - Egress", "podSelector: {}\n  policyTypes:\n  - Ingress"), Kustomization.Overlays),
        new("SilosReachEachOthersPortsAndNobodyElseReachesAll",
            rendered => Ingress(rendered).Where(rule => rule.Ports.Contains(Port(rendered, "SILO")) || rule.Ports.Contains(Port(rendered, "TENSOR"))).SelectMany(rule => rule.From).Except([Silo]),
            ("port: 30000\n  podSelector", "port: 11111\n  podSelector"), Kustomization.Overlays),
        new("SilosOpenToEachOtherExactlyThePortsOfTheirSettings",
            rendered => Exactly(rendered, Silo, "SILO", "GATEWAY", "TENSOR"),
            ("endPort: 11299", "endPort: 11298"), Kustomization.Overlays),
        new("SilosMayCallWhatSilosOpen",
            rendered => Egress(rendered, "silos").Order().SequenceEqual(AllowedTo(rendered, Silo).Order()) ? [] : ["egress of silos is not their ingress"],
            ("endPort: 11299\n      port: 11200\n    to:", "port: 11200\n    to:"), Kustomization.Overlays),
        new("ClientsReachTheGatewayAndNothingElse", rendered => Exactly(rendered, Client, "GATEWAY"), ("ATOMGRAINS_GATEWAY_PORT: \"30000\"", "ATOMGRAINS_GATEWAY_PORT: \"30001\""), Kustomization.Overlays),
        new("AClientOfAnotherNamespaceNeedsItsAdministratorsLabel",
            rendered => Sources(rendered).Where(source => source.At("podSelector.matchLabels").Labels().Contains(Client) && source["namespaceSelector"].Fields.Count == 0 && !source["namespaceSelector"].IsMissing).Select(_ => "any namespace"),
            ("namespaceSelector:\n        matchLabels:\n          atomgrains/clients: \"true\"", "namespaceSelector: {}"), Kustomization.Overlays),
        new("MonitoringReachesTheMetricsAndNothingElse", rendered => Exactly(rendered, "kubernetes.io/metadata.name=monitoring", "HTTP"), ("port: 8080\n  podSelector", "port: 8081\n  podSelector"), Kustomization.Overlays),
        new("NamesCanBeAskedFor",
            Whole(rendered => rendered.Find("NetworkPolicy", "names")!.Spec is var names && names["podSelector"].Fields.Count == 0
                && names["egress"].Items.Single()["ports"].Items.Select(port => $"{port["port"].Text}/{port["protocol"].Text}").ToHashSet().SetEquals(["53/UDP", "53/TCP"])),
            ("protocol: UDP", "protocol: TCP"), Kustomization.Overlays),
        new("ThePortsOfContainerAndServiceAreThoseOfTheSettings",
            rendered => new[] { "silo", "gateway", "http" }.Where(name => Port(rendered, name.ToUpperInvariant()) is var port
                && (Named(rendered.SiloContainer["ports"], name)["containerPort"].Text != port || Named(rendered.OfKind("Service").Single().Spec["ports"], name)["port"].Text != port)),
            ("containerPort: 8080", "containerPort: 8081"), Kustomization.Overlays),
        new("NoPortIsAnyFreeOne",
            rendered => rendered.Settings.Where(setting => setting.Key.EndsWith("_PORT", StringComparison.Ordinal) && setting.Value == "0").Select(setting => setting.Key),
            ("ATOMGRAINS_HTTP_PORT: \"8080\"", "ATOMGRAINS_HTTP_PORT: \"0\""), Kustomization.Overlays),
    ];

    private static string Port(Rendered rendered, string what) => rendered.Settings[what == "TENSOR" ? "ATOMGRAINS_TENSOR_PORTS" : $"ATOMGRAINS_{what}_PORT"]!;

    private static Yaml Named(Yaml list, string name) => list.Items.Single(item => item["name"].Text == name);

    private static IEnumerable<string> Exactly(Rendered rendered, string from, params IEnumerable<string> ports)
    {
        var (allowed, wanted) = (AllowedTo(rendered, from), ports.Select(port => Port(rendered, port)).ToHashSet());
        return allowed.Except(wanted).Select(port => $"{from} reaches {port}").Concat(wanted.Except(allowed).Select(port => $"{from} does not reach {port}"));
    }

    private static HashSet<string> AllowedTo(Rendered rendered, string from) => [.. Ingress(rendered).Where(rule => rule.From.Contains(from)).SelectMany(rule => rule.Ports)];

    private static IEnumerable<Yaml> Sources(Rendered rendered) => rendered.OfKind("NetworkPolicy").SelectMany(policy => policy.Spec["ingress"].Items).SelectMany(rule => rule["from"].Items);

    // Whoever is let in, by the labels of pods or, where there are none, of namespaces; a rule without `from` lets in everybody.
    private static IEnumerable<(IReadOnlyList<string> From, IReadOnlyList<string> Ports)> Ingress(Rendered rendered) =>
        rendered.OfKind("NetworkPolicy").SelectMany(policy => policy.Spec["ingress"].Items).Select(rule => (
            (IReadOnlyList<string>)(rule["from"].Items.Count == 0 ? ["everybody"] : [.. rule["from"].Items.SelectMany(Who).Distinct()]),
            Ports(rule)));

    private static IReadOnlySet<string> Who(Yaml source) => source.At("podSelector.matchLabels").Labels() is { Count: > 0 } pods ? pods : source.At("namespaceSelector.matchLabels").Labels();

    private static HashSet<string> Egress(Rendered rendered, string policy) => [.. rendered.Find("NetworkPolicy", policy)!.Spec["egress"].Items.SelectMany(Ports)];

    private static IReadOnlyList<string> Ports(Yaml rule) =>
        [.. rule["ports"].Items.Select(port => port["endPort"].IsMissing ? port["port"].Text : $"{port["port"].Text}-{port["endPort"].Text}")];
}
