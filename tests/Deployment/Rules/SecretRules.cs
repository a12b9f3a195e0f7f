using System.Text.RegularExpressions;
using AtomGrains.Deployment.Tests.Manifests;
using static AtomGrains.Deployment.Tests.Rules.ManifestRule;

namespace AtomGrains.Deployment.Tests.Rules;

/// <summary>Secrets are named here and made by the operator: none stands in a manifest.</summary>
internal static partial class SecretRules
{
    // What would give access: no setting may hold it, since settings stand in config maps.
    private static readonly string[] Forbidden = ["ATOMGRAINS_AZURE_CONNECTION_STRING", "ATOMGRAINS_SECRET"];

    public static IReadOnlyList<ManifestRule> All { get; } =
    [
        new("NoSecretIsPartOfTheManifests", Each(rendered => rendered.Objects, one => one.Kind != "Secret"), ("kind: PodDisruptionBudget", "kind: Secret"), Kustomization.Overlays),
        new("NoTextLooksLikeASecret",
            Each(rendered => rendered.Objects, one => one.Root.All().All(node => !Secret().IsMatch(node.Text))),
            ("ATOMGRAINS_CLUSTER: atomgrains", "ATOMGRAINS_CLUSTER: DefaultEndpointsProtocol=https;AccountKey=eA=="), Kustomization.Overlays),
        new("NoSettingIsASecret",
            rendered => rendered.Pods.SelectMany(pod => pod.Containers).SelectMany(container => rendered.SettingsOf(container).Where(setting => setting.Value is not null).Select(setting => setting.Key)).Intersect(Forbidden),
            ("ATOMGRAINS_CLUSTER: atomgrains", "ATOMGRAINS_AZURE_CONNECTION_STRING: x"), Kustomization.Overlays),
        new("ASecretIsAFolderOfFilesThatFollowsItsRenewal",
            EachPod(pod => SecretVolumes(pod).All(name => Mounts(pod, name) is { Count: > 0 } mounts && mounts.All(mount => mount["subPath"].IsMissing && mount["readOnly"].Text == "true"))),
            ("name: tls\n          readOnly: true", "name: tls\n          readOnly: true\n          subPath: tls.key"), Everything),
        new("NobodyElseInThePodReadsASecret",
            // 0440: decimal, as kubectl prints it.
            EachPod(pod => SecretVolumes(pod).All(name => pod.Volume(name).At("secret.defaultMode").Number == 288)),
            ("defaultMode: 288", "defaultMode: 420"), Everything),
        new("TheSettingsOfSecretFilesNameMountedFiles",
            rendered => rendered.Settings.Where(setting => setting.Value?.StartsWith("/etc/", StringComparison.Ordinal) == true
                && !SecretVolumes(rendered.Silos).SelectMany(name => Mounts(rendered.Silos, name)).Any(mount => setting.Value.StartsWith(mount["mountPath"].Text + "/", StringComparison.Ordinal))).Select(setting => setting.Key),
            ("mountPath: /etc/atomgrains/tls", "mountPath: /etc/atomgrains/certificates"), Kustomization.Overlays),
    ];

    private static IEnumerable<string> SecretVolumes(Pod pod) => pod.Spec["volumes"].Items.Where(volume => !volume["secret"].IsMissing).Select(volume => volume["name"].Text);

    private static List<Yaml> Mounts(Pod pod, string volume) => [.. pod.Containers.SelectMany(container => container["volumeMounts"].Items).Where(mount => mount["name"].Text == volume)];

    // 32 bytes in hexadecimal, an account's key, a private key.
    [GeneratedRegex("[0-9a-fA-F]{64}|AccountKey=|SharedAccessSignature=|PRIVATE KEY")]
    private static partial Regex Secret();
}
