using AtomGrains.Deployment.Tests.Support;

namespace AtomGrains.Deployment.Tests.Manifests;

/// <summary>What the Kubernetes API would refuse, without one.</summary>
public sealed class ApiTypeTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("manifests-");

    public void Dispose() => _folder.Delete(recursive: true);

    [FactThatNeeds(Needs.Kubectl | Needs.NodeModules)]
    public void EveryObjectIsOfItsKindsType()
    {
        var files = new[] { Kustomization.Examples, Kustomization.Monitoring }.Concat(Kustomization.Overlays).Select(name => Write(name, Kustomization.Text(name))).ToArray();
        var check = NodeScript.Run("check-manifests.cjs", files);
        check.OutputOfSuccess();
        var objects = files.Sum(file => Rendered.From(File.ReadAllText(file)).Objects.Count);
        Assert.Contains($"{objects} objects checked", check.Errors, StringComparison.Ordinal);
    }

    // All at once: most of the time goes into reading the types.
    [FactThatNeeds(Needs.Kubectl | Needs.NodeModules)]
    public void AWrongTypeOrAnUnknownFieldIsRefusedWithItsObject()
    {
        var slips = new (string Of, string Right, string Wrong, string Named, string Said)[]
        {
            ("overlays/cpu", "readOnlyRootFilesystem", "readOnlyRootFileSystem", "Deployment/silos", "does not exist in type"),
            ("overlays/cpu", "replicas: 3", "replicas: three", "Deployment/silos", "Type 'string' is not assignable to type 'number'"),
            ("overlays/cpu", "replicas: 3", "replicas: 2.5", "Deployment/silos", "must be integer"),
            ("overlays/cpu", "medium: Memory", "mediums: Memory", "Deployment/silos", "does not exist in type"),
            ("overlays/cpu", "memory: 1536Mi", "memory: 1536MiB", "Deployment/silos", "quantity"),
            ("overlays/cpu", "protocol: UDP", "protocol: QUIC", "NetworkPolicy/names", "is not assignable"),
            ("overlays/cpu", "kind: PodDisruptionBudget", "kind: DisruptionBudget", "DisruptionBudget/silos", "no kind"),
            ("overlays/azure", "reclaimPolicy: Retain", "reclaim: Retain", "StorageClass/atomgrains-runs", "does not exist in type"),
            ("examples", "stabilizationWindowSeconds", "stabilisationWindowSeconds", "ScaledObject/silos", "does not exist in type"),
            ("examples", "isCA: true", "isCA: 1", "Certificate/authority", "is not assignable"),
            ("monitoring", "scrapeTimeout: 10s", "timeout: 10s", "PodMonitor/atomgrains", "does not exist in type"),
            ("examples", "backoffLimit: 2", "backoffLimit: often", "Job/start-first-run", "is not assignable"),
        };
        var files = slips.Select((slip, number) => Write($"slip-{number}", Kustomization.Text(slip.Of).Replace(slip.Right, slip.Wrong, StringComparison.Ordinal))).ToArray();
        Assert.All(slips, slip => Assert.Contains(slip.Right, Kustomization.Text(slip.Of), StringComparison.Ordinal));

        var check = NodeScript.Run("check-manifests.cjs", files);

        Assert.Equal(1, check.ExitCode);
        Assert.All(slips.Zip(files), slip =>
            Assert.Contains(check.Output.Split('\n'), line =>
                line.StartsWith($"{slip.Second}: {slip.First.Named}: ", StringComparison.Ordinal) && line.Contains(slip.First.Said, StringComparison.Ordinal)));
    }

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder.FullName, name.Replace('/', '-') + ".yaml");
        File.WriteAllText(file, text);
        return file;
    }
}
