using AtomGrains.Deployment.Tests.Manifests;
using static AtomGrains.Deployment.Tests.Rules.ManifestRule;

namespace AtomGrains.Deployment.Tests.Rules;

/// <summary>What is particular to GPUs, to Azure, and to neither.</summary>
internal static class OverlayRules
{
    private const string Gpu = "nvidia.com/gpu";
    private const string Identity = "azure.workload.identity";

    public static IReadOnlyList<ManifestRule> All { get; } =
    [
        new("ASiloHoldsAsManyGpusAsItUses",
            Whole(rendered => (rendered.SiloContainer.At("resources.limits")[Gpu].Number ?? 0) == rendered.Settings["ATOMGRAINS_DEVICES"]!.Split(',').Count(device => device.StartsWith("cuda:", StringComparison.Ordinal))),
            ("nvidia.com/gpu: \"1\"", "nvidia.com/gpu: \"2\""), [.. OnGpus, "overlays/cpu", "overlays/azure"]),
        new("TheImageIsThatOfTheDevice",
            Whole(rendered => rendered.SiloContainer["image"].Text.EndsWith("-cuda", StringComparison.Ordinal) == rendered.Settings["ATOMGRAINS_DEVICES"]!.StartsWith("cuda", StringComparison.Ordinal)),
            ("-cuda", ""), [.. OnGpus, "overlays/cpu", "overlays/azure"]),
        new("SpotMachinesWithGpusAreTolerated",
            rendered => new[] { Gpu, "kubernetes.azure.com/scalesetpriority", "cloud.google.com/gke-spot" }.Except(rendered.Silos.Spec["tolerations"].Items.Where(one => one["effect"].Text == "NoSchedule").Select(one => one["key"].Text)),
            ("key: nvidia.com/gpu", "key: nvidia.com/gpus"), OnGpus),
        new("SilosWithGpusGoWhereGpusAre", Whole(rendered => !rendered.Silos.Spec["nodeSelector"]["nvidia.com/gpu.present"].IsMissing), ("nodeSelector", "nodeSelectors"), OnGpus),
        new("TheHandoverFitsIntoASpotMachinesNotice", Whole(rendered => rendered.Silos.Spec["terminationGracePeriodSeconds"].Number <= 30), ("terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: 300"), OnGpus),
        new("AVanishedMachinesSilosAreReplacedSoon",
            rendered => new[] { "node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready" }.Except(rendered.Silos.Spec["tolerations"].Items.Where(one => one["tolerationSeconds"].Number <= 30).Select(one => one["key"].Text)),
            ("tolerationSeconds: 15", "tolerationSeconds: 300"), Kustomization.Overlays),
        new("AzureIsEnteredByWorkloadIdentity",
            rendered => (rendered.Silos.Labels.Contains($"{Identity}/use=true") ? Array.Empty<string>() : ["the silos' pods"])
                .Concat(rendered.OfKind("ServiceAccount").Where(account => account.Root.At("metadata.annotations")[$"{Identity}/client-id"].IsMissing).Select(account => $"{account}")),
            ("azure.workload.identity/use: \"true\"", "azure.workload.identity/use: \"false\""), OnAzure),
        new("TableAndBlobAreNamedByTheirAccount",
            Whole(rendered => rendered.Settings["ATOMGRAINS_CLUSTERING"] == "azure-table" && rendered.Settings.GetValueOrDefault("ATOMGRAINS_AZURE_ACCOUNT") is { Length: >= 3 and <= 24 }
                && rendered.Settings["ATOMGRAINS_STORE"]!.StartsWith("az://", StringComparison.Ordinal)),
            ("ATOMGRAINS_AZURE_ACCOUNT", "ATOMGRAINS_ACCOUNT"), OnAzure),
        new("AzureIsReachedByHttpsAloneAndNeverTheMachinesMetadata",
            Whole(rendered => rendered.Find("NetworkPolicy", "azure")!.Spec["egress"].Items.Single() is var egress && egress["ports"].Items.Single()["port"].Text == "443"
                && egress["to"].Items.All(to => to.At("ipBlock.except").Items.Any(except => except.Text == "169.254.0.0/16"))),
            ("- 169.254.0.0/16", "- 169.253.0.0/16"), OnAzure),
        new("WithoutAzureNothingLeavesTheCluster",
            rendered => rendered.OfKind("NetworkPolicy").Where(policy => policy.Root.All().Any(node => !node["ipBlock"].IsMissing)).Select(policy => $"{policy}"),
            ("- podSelector:\n        matchLabels:\n          app.kubernetes.io/component: silo", "- ipBlock:\n        cidr: 0.0.0.0/0"), "overlays/cpu", "overlays/gpu"),
    ];
}
