using System.Text.RegularExpressions;
using AtomGrains.Deployment.Tests.Support;

namespace AtomGrains.Deployment.Tests.Manifests;

/// <summary>What <c>k8s/README.md</c> tells an operator to do can be done.</summary>
public sealed partial class ReadmeTests : IDisposable
{
    private static readonly string Text = Repository.Read("k8s/README.md");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("overlay-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void EveryFileThatIsNamedIsThere()
    {
        var named = Files().Matches(Text).Select(match => match.Value.TrimEnd('.')).Distinct().ToList();
        Assert.Contains("k8s/examples/start-run.yaml", named);
        Assert.All(named, path => Assert.True(Path.Exists(Repository.PathOf(path)), $"{path} is not there"));
    }

    [FactThatNeeds(Needs.Kubectl)]
    public void EveryCommandGoesToPodsThatThereAreAndAsksForWhatTheClientKnows()
    {
        var runbook = Repository.Read("k8s/monitoring/RUNBOOK.md");
        var there = Rendered.From(Kustomization.Text("overlays/cpu")).Objects.Concat(Rendered.From(Kustomization.Text(Kustomization.Examples)).Objects)
            .Where(one => one.Kind == "Deployment").Select(one => one.Name).ToHashSet();
        var gone = Workloads().Matches(Text + runbook).Select(match => match.Groups[1].Value).ToHashSet();
        Assert.Equal(["client", "silos"], gone.Order());
        Assert.Subset(there, gone);

        var known = NewCommands().Matches(Repository.Read("samples/StartRun/ClientCommands.cs")).Select(match => match.Groups[1].Value).ToHashSet();
        var asked = ClientCommand().Matches(Text + runbook).Select(match => match.Groups[1].Value).ToHashSet();
        Assert.Contains("list", asked);
        Assert.Subset(known, asked);

        // Whoever has no other client than that pod.
        Assert.All(["StartRun", "in-silo"], word => Assert.Contains($"    alias {word}='kubectl -n atomgrains exec deploy/", runbook, StringComparison.Ordinal));
    }

    [FactThatNeeds(Needs.Kubectl)]
    public void EverySecretThatPodsMountIsMadeByACommand()
    {
        var mounted = Rendered.From(Kustomization.Text("overlays/cpu")).Silos.Spec["volumes"].Items.Select(volume => volume.At("secret.secretName").Text).Where(name => name.Length > 0).ToList();
        Assert.NotEmpty(mounted);
        Assert.All(mounted, name => Assert.Contains($"create secret generic {name} ", Text, StringComparison.Ordinal));
    }

    [FactThatNeeds(Needs.Kubectl)]
    public void AnOverlayOfOnesOwnNamesTheImageAndTheCount()
    {
        var rendered = Render(Block(0));
        Assert.Equal("YOURS/atomgrains/silo:1.0.0-cuda", rendered.SiloContainer["image"].Text);
        Assert.Equal(8, rendered.Silos.Owner.Spec["replicas"].Number);
    }

    [FactThatNeeds(Needs.Kubectl)]
    public void AnOverlayForAzureFillsInAccountAndIdentity()
    {
        var rendered = Render(Block(0).Replace("../gpu", "../azure", StringComparison.Ordinal) + Block(1));
        Assert.Equal("YOURACCOUNT", rendered.Settings["ATOMGRAINS_AZURE_ACCOUNT"]);
        Assert.Equal("azure-table", rendered.Settings["ATOMGRAINS_CLUSTERING"]);
        Assert.Equal(
            [("client", "CLIENT-ID-OF-CLIENTS"), ("silo", "CLIENT-ID-OF-SILOS")],
            rendered.OfKind("ServiceAccount").Select(account => (account.Root.At("metadata.name").Text, account.Root.At("metadata.annotations")["azure.workload.identity/client-id"].Text)).Order());
    }

    private static string Block(int number) => Unindent(Blocks().Matches(Text)[number].Groups[1].Value);

    // A block within a step is indented.
    private static string Unindent(string block)
    {
        var lines = block.Split('\n');
        var indent = lines[0].Length - lines[0].TrimStart().Length;
        return string.Join('\n', lines.Select(line => line.Length > indent ? line[indent..] : line.TrimStart()));
    }

    private Rendered Render(string kustomization)
    {
        var deployment = Path.GetRelativePath(_folder.FullName, Repository.PathOf("k8s"));
        var here = Sibling().Replace(kustomization.Replace("- ../../", $"- {deployment}/", StringComparison.Ordinal), $"- {deployment}/overlays/");
        File.WriteAllText(Path.Combine(_folder.FullName, "kustomization.yaml"), here);
        return Rendered.From(Kustomization.Render(_folder.FullName));
    }

    [GeneratedRegex(@"\b(?:k8s|samples)/[A-Za-z0-9_./-]+")]
    private static partial Regex Files();

    [GeneratedRegex(@"\b(?:deploy|deployment)/(\w+)")]
    private static partial Regex Workloads();

    [GeneratedRegex(@"\bStartRun(?:\.dll)? ([a-z]+)")]
    private static partial Regex ClientCommand();

    [GeneratedRegex("(?:new Command|Order)\\(\\s*\"([a-z]+)\"")]
    private static partial Regex NewCommands();

    // Its overlay is meant to lie beside the others.
    [GeneratedRegex(@"- \.\./(?=\w)")]
    private static partial Regex Sibling();

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
