using AtomGrains.Deployment.Tests.Support;

namespace AtomGrains.Deployment.Tests.Images;

/// <summary>The stage of the silo's image that needs no package: everything but the program.</summary>
public sealed class FoundationTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("foundation-");

    public void Dispose() => _folder.Delete(recursive: true);

    [FactThatNeeds(Needs.Buildah | Needs.Kubectl)]
    public void ThePodsUserWritesWhereItHasToAndNowhereElse()
    {
        using var buildah = new Buildah();
        buildah.MakeBases(withSdk: false);
        var image = buildah.Build(Dockerfile.Silo, "foundation:1", "--target", "runtime");
        const string Tries = "id -u; for folder in /tmp /dev/shm /var/lib/atomgrains /var/lib/atomgrains/runs /app /etc/atomgrains/secret /usr; do touch $folder/file 2>/dev/null && echo $folder; done; dotnet --list-runtimes";

        using var pod = SiloImage.Start(buildah, image, _folder, "sh", "-c", Tries);

        Assert.Equal(0, pod.ExitCodeWithin(TimeSpan.FromSeconds(30)));
        var lines = pod.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["10001", "/tmp", "/dev/shm", "/var/lib/atomgrains", "/var/lib/atomgrains/runs"], lines.Where(line => !line.StartsWith("Microsoft", StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.StartsWith("Microsoft.AspNetCore.App 10.", StringComparison.Ordinal));
    }
}
