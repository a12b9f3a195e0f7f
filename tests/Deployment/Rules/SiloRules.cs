using AtomGrains.Deployment.Tests.Manifests;
using static AtomGrains.Deployment.Tests.Rules.ManifestRule;

namespace AtomGrains.Deployment.Tests.Rules;

/// <summary>What the silos keep besides: how they start, are watched, are spread, and end.</summary>
internal static class SiloRules
{
    // What a silo writes to; everything else is read-only.
    private static readonly string[] Writable = ["/dev/shm", "/tmp", "/var/lib/atomgrains", "/var/lib/atomgrains/membership", "/var/lib/atomgrains/runs"];

    private static readonly string[] Spread = ["kubernetes.io/hostname", "topology.kubernetes.io/zone"];

    // Beyond the grace: after that time a silo ends itself, in order or not.
    private static readonly TimeSpan ForLeaving = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<ManifestRule> All { get; } =
    [
        new("AProbeAsksForWhatItIsNamedAfter",
            Whole(rendered => Asks(rendered, "startupProbe", "/healthz") && Asks(rendered, "livenessProbe", "/healthz") && Asks(rendered, "readinessProbe", "/readyz")),
            ("path: /readyz", "path: /healthz"), Kustomization.Overlays),
        new("ASiloThatIsBusyIsNotKilled",
            Whole(rendered => rendered.SiloContainer["livenessProbe"] is var probe && probe["periodSeconds"].Number * probe["failureThreshold"].Number >= Patience.TotalSeconds),
            ("failureThreshold: 6", "failureThreshold: 1"), Kustomization.Overlays),
        new("KubernetesWaitsForTheHandover",
            Whole(rendered => rendered.Silos.Spec["terminationGracePeriodSeconds"].Number >= int.Parse(rendered.Settings["ATOMGRAINS_GRACE"]!) + ForLeaving.TotalSeconds),
            ("terminationGracePeriodSeconds: 45", "terminationGracePeriodSeconds: 30"), ["overlays/cpu", .. Kustomization.Overlays]),
        new("SilosAreSpreadOverMachinesAndZones",
            rendered => Spread.Except(rendered.Silos.Spec["topologySpreadConstraints"].Items.Where(spread => spread.At("labelSelector.matchLabels").Labels().IsSubsetOf(rendered.Silos.Labels)).Select(spread => spread["topologyKey"].Text)),
            ("topologyKey: kubernetes.io/hostname", "topologyKey: kubernetes.io/arch"), Kustomization.Overlays),
        new("ADrainTakesOneSiloAtATime",
            Whole(rendered => rendered.OfKind("PodDisruptionBudget").Single().Spec is var budget && budget["maxUnavailable"].Text == "1" && Selects(budget["selector"], rendered.Silos)),
            ("maxUnavailable: 1\n  selector", "maxUnavailable: 50%\n  selector"), Kustomization.Overlays),
        new("SilosOfWhichNoneIsReadyAreNotDrained",
            Whole(rendered => rendered.OfKind("PodDisruptionBudget").Single().Spec["unhealthyPodEvictionPolicy"].Text == "IfHealthyBudget"),
            ("unhealthyPodEvictionPolicy: IfHealthyBudget", "unhealthyPodEvictionPolicy: AlwaysAllow"), Kustomization.Overlays),
        new("TheServiceIsHeadlessAndFindsTheSilos",
            Whole(rendered => rendered.OfKind("Service").Single().Spec is var service && service["clusterIP"].Text == "None" && service["selector"].Labels().IsSubsetOf(rendered.Silos.Labels)),
            ("clusterIP: None", "clusterIP: ''"), Kustomization.Overlays),
        new("TheDeploymentFindsItsSilos",
            Whole(rendered => Selects(rendered.Silos.Owner.Spec["selector"], rendered.Silos)),
            ("template:\n    metadata:\n      labels:\n        app.kubernetes.io/component: silo", "template:\n    metadata:\n      labels:\n        app.kubernetes.io/component: sila"), Kustomization.Overlays),
        new("SharedMemoryIsMemoryAndLessThanTheLimit",
            Whole(rendered => rendered.Silos.Volume(MountAt(rendered, "/dev/shm")["name"].Text)["emptyDir"] is var memory && memory["medium"].Text == "Memory"
                && Quantity.Bytes(memory["sizeLimit"].Text) < Quantity.Bytes(rendered.SiloContainer.At("resources.limits.memory").Text)),
            ("medium: Memory\n", "medium: ''\n"), Kustomization.Overlays),
        new("ASiloWritesOnlyWhereItHasTo",
            rendered => rendered.SiloContainer["volumeMounts"].Items.Where(mount => mount["readOnly"].Text != "true").Select(mount => mount["mountPath"].Text).Except(Writable),
            ("mountPath: /etc/atomgrains/secret\n          name: secret\n          readOnly: true", "mountPath: /etc/atomgrains/secret\n          name: secret"), Kustomization.Overlays),
        new("AllSilosShareTheRuns",
            Whole(rendered => rendered.Settings["ATOMGRAINS_RUNS"] is { } folder && rendered.Silos.Volume(MountAt(rendered, folder)["name"].Text).At("persistentVolumeClaim.claimName").Text is var claim
                && rendered.Find("PersistentVolumeClaim", claim)!.Spec["accessModes"].Items.Select(mode => mode.Text).SequenceEqual(["ReadWriteMany"])),
            ("- ReadWriteMany", "- ReadWriteOnce"), Kustomization.Overlays),
        new("AnUpgradeAlwaysTakesAStep",
            Whole(rendered => rendered.Silos.Owner.Spec.At("strategy.rollingUpdate") is var update && update["maxSurge"].Number + update["maxUnavailable"].Number == 1),
            ("maxSurge: 1", "maxSurge: 0"), "overlays/cpu", "overlays/azure", "overlays/gpu", "overlays/azure-gpu"),
        new("TheNamespaceRefusesPrivilege",
            Whole(rendered => rendered.OfKind("Namespace").Single().Root.At("metadata.labels")["pod-security.kubernetes.io/enforce"].Text == "restricted"),
            ("enforce: restricted", "enforce: privileged"), Kustomization.Overlays),
    ];

    private static bool Asks(Rendered rendered, string probe, string path) =>
        rendered.SiloContainer[probe]["httpGet"] is var get && get["path"].Text == path && get["port"].Text == "http" && !rendered.SiloContainer[probe]["timeoutSeconds"].IsMissing;

    private static bool Selects(Yaml selector, Pod pod) => selector["matchLabels"].Labels() is { Count: > 0 } labels && labels.IsSubsetOf(pod.Labels);

    private static Yaml MountAt(Rendered rendered, string path) => rendered.SiloContainer["volumeMounts"].Items.FirstOrDefault(mount => mount["mountPath"].Text == path);
}
