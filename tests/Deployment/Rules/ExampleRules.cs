using System.Text.RegularExpressions;
using AtomGrains.Deployment.Tests.Manifests;
using AtomGrains.Node.Telemetry;
using static AtomGrains.Deployment.Tests.Rules.ManifestRule;

namespace AtomGrains.Deployment.Tests.Rules;

/// <summary>The examples and the monitoring fit the cluster that they are for.</summary>
internal static partial class ExampleRules
{
    private static readonly HashSet<string> Metrics = [.. typeof(MetricNames).GetFields().Select(field => $"{MetricNames.Meter}_{field.GetRawConstantValue()}")];

    private static Rendered Cluster => Rendered.From(Kustomization.Text("overlays/cpu"));

    public static IReadOnlyList<ManifestRule> All { get; } =
    [
        new("TheAutoscalerAsksForMetricsThatThereAre",
            rendered => rendered.OfKind("ScaledObject").SelectMany(Queries).SelectMany(query => Metric().Matches(query).Select(match => match.Value).DefaultIfEmpty("none")).Except(Metrics),
            ("atomgrains_run_devices_wanted", "atomgrains_devices_waiting"), Kustomization.Examples),
        new("TheAutoscalerAsksForTheRunsOfItsOwnSilos",
            Each(rendered => rendered.OfKind("ScaledObject"), one => Queries(one).All(query => Metric().Count(query) == query.Split($"{{namespace=\"{one.Namespace}\"}}").Length - 1)),
            ("atomgrains_spares_wanted{namespace=\"atomgrains\"}", "atomgrains_spares_wanted"), Kustomization.Examples),
        new("TheAutoscalerCountsEachRunOnceThoughEverySiloSpeaksOfIt",
            Each(rendered => rendered.OfKind("ScaledObject"), one => Queries(one).All(query => query.StartsWith("sum(max by (run) (atomgrains_run_devices_wanted{", StringComparison.Ordinal))),
            ("max by (run)", "max by (pod)"), Kustomization.Examples),
        new("TheAutoscalerScalesTheSilos",
            Each(rendered => rendered.OfKind("ScaledObject"), one => one.Spec.At("scaleTargetRef.name").Text == Cluster.Silos.Owner.Name && one.Namespace == Cluster.Silos.Owner.Namespace),
            ("scaleTargetRef:\n    name: silos", "scaleTargetRef:\n    name: silo"), Kustomization.Examples),
        new("TheAutoscalerCountsADeviceASilo",
            Each(rendered => rendered.OfKind("ScaledObject"), one => one.Spec["triggers"].Items.Single().At("metadata.threshold").Number == Cluster.Settings["ATOMGRAINS_DEVICES"]!.Split(',').Length),
            ("threshold: \"1\"", "threshold: \"4\""), Kustomization.Examples),
        new("TheCertificatesAreTheSecretsThatSilosAndClientsMount",
            Whole(rendered => Issued(rendered, "silo") == MountedBy(Cluster.Silos) && rendered.Pods.All(pod => Issued(rendered, "client") == MountedBy(pod))),
            ("secretName: silo-tls", "secretName: tls"), Kustomization.Examples),
        new("AClientIsToldOfItsCertificate",
            EachPod(pod => new[] { "CERTIFICATE", "KEY", "CA" }.All(file => pod.Containers.Single()["env"].Items.Any(one => one["name"].Text == $"ATOMGRAINS_TLS_{file}" && one["value"].Text.StartsWith("/etc/atomgrains/tls/", StringComparison.Ordinal)))),
            ("ATOMGRAINS_TLS_KEY", "ATOMGRAINS_KEY"), Kustomization.Examples),
        new("TheMonitorLooksAtTheSilosMetrics",
            Each(rendered => rendered.OfKind("PodMonitor"), one => one.Spec.At("selector.matchLabels").Labels() is { Count: > 0 } labels && labels.IsSubsetOf(Cluster.Silos.Labels)
                && one.Spec["podMetricsEndpoints"].Items.Single() is var endpoint && endpoint["path"].Text == "/metrics"
                && Cluster.SiloContainer["ports"].Items.Single(port => port["name"].Text == endpoint["port"].Text)["containerPort"].Text == Cluster.Settings["ATOMGRAINS_HTTP_PORT"]),
            ("port: http", "port: gateway"), Kustomization.Monitoring),
        new("AClientsPodIsLetIn",
            EachPod(pod => pod.Labels.Contains("atomgrains/client=true") && pod.Labels.Contains("app.kubernetes.io/component=client")),
            ("atomgrains/client: \"true\"", "atomgrains/client: \"yes\""), Kustomization.Examples),
        new("AClientIsToldOfItsClusterAsSilosAre",
            EachPod(pod => pod.Containers.Single()["envFrom"].Items.Any(source => source.At("configMapRef.name").Text == "cluster" && Cluster.Find("ConfigMap", "cluster") is not null)),
            ("name: cluster", "name: clusters"), Kustomization.Examples),
    ];

    private static string Issued(Rendered rendered, string certificate) => rendered.Find("Certificate", certificate)!.Spec["secretName"].Text;

    private static string MountedBy(Pod pod) => pod.Volume("tls").At("secret.secretName").Text;

    private static IEnumerable<string> Queries(Manifest scaled) => scaled.Spec["triggers"].Items.Select(trigger => trigger.At("metadata.query").Text);

    [GeneratedRegex("atomgrains_[a-z_]+")]
    private static partial Regex Metric();
}
