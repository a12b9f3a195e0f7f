using AtomGrains.Deployment.Tests.Manifests;
using static AtomGrains.Deployment.Tests.Rules.ManifestRule;

namespace AtomGrains.Deployment.Tests.Rules;

/// <summary>What every pod keeps, silo or client: as little power as possible, and bounds on what it takes.</summary>
internal static class PodRules
{
    private static readonly string[] Bounded = ["cpu", "memory", "ephemeral-storage"];
    private static readonly string[] OfTheHost = ["hostNetwork", "hostPID", "hostIPC"];
    private static readonly string[] WithoutRights = ["ServiceAccount", "Deployment", "Job"];

    public static IReadOnlyList<ManifestRule> All { get; } =
    [
        new("APodIsNeverRoot",
            EachPod(pod => pod.Spec.At("securityContext.runAsNonRoot").Text == "true" && pod.Spec.At("securityContext.runAsUser").Number > 0),
            ("runAsNonRoot: true", "runAsNonRoot: false"), Everything),
        new("AContainerCannotBeMorePrivilegedThanItsPod",
            EachContainer(container => container.At("securityContext.allowPrivilegeEscalation").Text == "false" && container.At("securityContext.privileged").Text == "false"),
            ("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"), Everything),
        new("AContainerHasNoCapability",
            EachContainer(container => container.At("securityContext.capabilities.drop").Items.Any(drop => drop.Text == "ALL") && container.At("securityContext.capabilities.add").IsMissing),
            ("- ALL", "- NET_RAW"), Everything),
        new("AContainersRootIsReadOnly",
            EachContainer(container => container.At("securityContext.readOnlyRootFilesystem").Text == "true"),
            ("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"), Everything),
        new("SystemCallsAreFiltered",
            EachPod(pod => pod.Spec.At("securityContext.seccompProfile.type").Text == "RuntimeDefault"),
            ("type: RuntimeDefault", "type: Unconfined"), Everything),
        new("APodTouchesNothingOfItsHost",
            EachPod(pod => OfTheHost.All(name => pod.Spec[name].IsMissing) && pod.Spec["volumes"].Items.All(volume => volume["hostPath"].IsMissing)),
            ("enableServiceLinks: false", "hostNetwork: true"), Everything),
        new("NobodyMayCallTheKubernetesApi",
            rendered => rendered.Objects.Where(one => one.Kind.Contains("Role", StringComparison.Ordinal) || (WithoutRights.Contains(one.Kind) && !HasNoToken(one))).Select(one => $"{one}"),
            ("automountServiceAccountToken: false", "automountServiceAccountToken: true"), Everything),
        new("VariablesOfServicesAreNoSettings",
            EachPod(pod => pod.Spec["enableServiceLinks"].Text == "false"),
            ("enableServiceLinks: false", "enableServiceLinks: true"), Everything),
        new("RequestsAndLimitsAreSet",
            EachContainer(container => Bounded.All(resource => !container.At("resources.requests")[resource].IsMissing && !container.At("resources.limits")[resource].IsMissing)),
            ("limits:", "claims:"), Everything),
        new("WhatAPodWritesToHasABound",
            EachPod(pod => pod.Spec["volumes"].Items.All(volume => volume["emptyDir"].IsMissing || !volume.At("emptyDir.sizeLimit").IsMissing)),
            ("sizeLimit: 64Mi", "medium: ''"), Everything),
        new("AnImageHasAVersion",
            EachContainer(container => container["image"].Text.Split(':') is [.., var tag] && tag.Length > 0 && char.IsAsciiDigit(tag[0])),
            (":1.0.0", ":latest"), Everything),
        new("EverythingIsInOneNamespace",
            Each(rendered => rendered.Objects.Where(one => one.Kind is not ("Namespace" or "StorageClass")), one => one.Namespace == "atomgrains"),
            ("namespace: atomgrains", "namespace: default"), Everything),
    ];

    private static Func<Rendered, IEnumerable<string>> EachContainer(Func<Yaml, bool> keeps) => EachPod(pod => pod.Containers.All(keeps));

    private static bool HasNoToken(Manifest one) =>
        (one.Kind == "ServiceAccount" ? one.Root : one.Spec.At("template.spec"))["automountServiceAccountToken"].Text == "false";
}
