using AtomGrains.Deployment.Tests.Manifests;
using AtomGrains.Deployment.Tests.Support;

namespace AtomGrains.Deployment.Tests.Rules;

public sealed class ManifestRuleTests
{
    private static readonly ManifestRule[] Rules =
        [.. PodRules.All, .. SecretRules.All, .. SiloRules.All, .. NetworkRules.All, .. SettingRules.All, .. OverlayRules.All, .. ExampleRules.All];

    public static TheoryData<string> Names => [.. Rules.Select(rule => rule.Name)];

    [TheoryThatNeeds(Needs.Kubectl)]
    [MemberData(nameof(Names))]
    public void ARuleIsKept(string name)
    {
        var rule = Find(name);
        Assert.All(rule.Of, of => Assert.Equal([], rule.Violations(Rendered.From(Kustomization.Text(of)))));
    }

    [TheoryThatNeeds(Needs.Kubectl)]
    [MemberData(nameof(Names))]
    public void ASlipAgainstARuleIsFound(string name)
    {
        var rule = Find(name);
        var right = Kustomization.Text(rule.Of[0]);
        Assert.Contains(rule.Slip.Right, right, StringComparison.Ordinal);
        Assert.NotEmpty(rule.Violations(Rendered.From(right.Replace(rule.Slip.Right, rule.Slip.Wrong, StringComparison.Ordinal))));
    }

    [TheoryThatNeeds(Needs.Kubectl)]
    [MemberData(nameof(Kustomization.OverlayData), MemberType = typeof(Kustomization))]
    public void EveryOverlayHasRulesOfItsOwnKind(string overlay) =>
        Assert.Contains(Rules, rule => rule.Of.Contains(overlay) && rule.Of.Count < Kustomization.Overlays.Count);

    private static ManifestRule Find(string name) => Rules.Single(rule => rule.Name == name);
}
