using System.Text.RegularExpressions;
using AtomGrains.Deployment.Tests.Manifests;
using AtomGrains.Deployment.Tests.Support;
using static AtomGrains.Deployment.Tests.Rules.ManifestRule;

namespace AtomGrains.Deployment.Tests.Rules;

/// <summary>The variables of the manifests are settings that a silo knows, and all that it needs.</summary>
internal static partial class SettingRules
{
    private static readonly string[] Required =
        ["CLUSTERING", "RUNS", "DEVICES", "ADDRESS", "HOST", "SILO_PORT", "GATEWAY_PORT", "HTTP_PORT", "TENSOR_PORTS", "GRACE", "SECRET_FILE", "TLS_CERTIFICATE", "TLS_KEY", "TLS_CA"];

    /// <summary>Read from where the silo's settings stand, since its assembly needs the cluster packages.</summary>
    public static IReadOnlySet<string> Known { get; } =
        Key().Matches(Repository.Read("src/AtomGrains.Silo/Standing/SiloKeys.cs")).Select(match => Variable(match.Groups[1].Value)).ToHashSet();

    public static IReadOnlyList<ManifestRule> All { get; } =
    [
        new("ASiloKnowsEachOfItsSettings", rendered => rendered.Settings.Keys.Except(Known), ("ATOMGRAINS_DEVICES", "ATOMGRAINS_DEVICE"), Kustomization.Overlays),
        new("ASiloIsToldAllThatItNeeds", rendered => Required.Select(key => $"ATOMGRAINS_{key}").Except(rendered.Settings.Keys), ("ATOMGRAINS_RUNS", "ATOMGRAINS_CONFIG"), Kustomization.Overlays),
        new("APodsOwnAddressAndMachineComeFromKubernetes",
            Whole(rendered => From(rendered, "ATOMGRAINS_ADDRESS") == "status.podIP" && From(rendered, "ATOMGRAINS_HOST") == "spec.nodeName"),
            ("spec.nodeName", "metadata.name"), Kustomization.Overlays),
        new("EveryConfigMapThatIsReadIsThere",
            rendered => rendered.SiloContainer["envFrom"].Items.Select(source => source.At("configMapRef.name").Text).Where(name => rendered.Find("ConfigMap", name) is null),
            ("name: cluster\n  namespace", "name: clusters\n  namespace"), Kustomization.Overlays),
        new("AChangeOfTheSilosSettingsIsARollingUpgrade",
            Whole(rendered => rendered.OfKind("ConfigMap").Any(map => map.Name.StartsWith("silo-", StringComparison.Ordinal))),
            ("  name: silo-", "  name: settings-"), Kustomization.Overlays),
        new("ADirectoryOfTheMembershipIsOnTheSharedVolume",
            Whole(rendered => rendered.Settings["ATOMGRAINS_CLUSTERING"]!.Split(':') is ["directory", var folder]
                && rendered.SiloContainer["volumeMounts"].Items.Any(mount => mount["mountPath"].Text == folder && !rendered.Silos.Volume(mount["name"].Text)["persistentVolumeClaim"].IsMissing)),
            ("mountPath: /var/lib/atomgrains/membership", "mountPath: /var/lib/atomgrains/members"), "overlays/cpu", "overlays/gpu"),
    ];

    private static string? From(Rendered rendered, string variable) =>
        rendered.SiloContainer["env"].Items.FirstOrDefault(one => one["name"].Text == variable).At("valueFrom.fieldRef.fieldPath").Text;

    private static string Variable(string key) => "ATOMGRAINS_" + key.ToUpperInvariant().Replace('-', '_');

    // A setting begins with its key and the name of its value.
    [GeneratedRegex("new\\(\\s*\"([a-z-]+)\", \"")]
    private static partial Regex Key();
}
