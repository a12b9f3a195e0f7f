using AtomGrains.Deployment.Tests.Manifests;
using AtomGrains.Deployment.Tests.Support;

namespace AtomGrains.Deployment.Tests.Images;

/// <summary>The silo's image, built once for all tests that ask for it, and volumes for its pods.</summary>
public sealed class SiloImage : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("images-");
    private readonly Lazy<Buildah> _buildah;
    private readonly Lazy<string> _name;

    public SiloImage()
    {
        _buildah = new Lazy<Buildah>(() =>
        {
            var buildah = new Buildah();
            buildah.MakeBases(withSdk: true);
            return buildah;
        });
        _name = new Lazy<string>(() => Build(Dockerfile.Silo, "atomgrains/silo:1.0.0", "--build-arg", $"TENSOR_ENGINE={MachinesEngine.Name}"));
    }

    internal Buildah Buildah => _buildah.Value;

    internal string Name => _name.Value;

    internal string Build(string dockerfile, string name, params IReadOnlyList<string> arguments) =>
        Buildah.Build(dockerfile, name, [.. BuildFeeds.Arguments(_folder.FullName), .. arguments]);

    /// <summary>Starts an image of a silo in a new cluster.</summary>
    internal PodProcess Start(string image, params IReadOnlyList<string> command) => Start(Buildah, image, _folder, command);

    internal static PodProcess Start(Buildah buildah, string image, DirectoryInfo folder, params IReadOnlyList<string> command) =>
        PodProcess.Start(buildah, image, Rendered.From(Kustomization.Text("overlays/cpu")), Volumes(folder), command);

    public void Dispose()
    {
        if (_buildah.IsValueCreated)
        {
            _buildah.Value.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private static string Volumes(DirectoryInfo folder)
    {
        var volumes = folder.CreateSubdirectory(Path.GetRandomFileName());
        foreach (var writable in new[] { "runs/runs", "runs/membership" })
        {
            // Kubernetes gives a volume to the group of its pods.
            FinishedProcess.Run(TimeSpan.FromSeconds(10), new Dictionary<string, string>(), "chown", "10001:10001", volumes.CreateSubdirectory(writable).FullName).OutputOfSuccess();
        }

        volumes.CreateSubdirectory("tls");
        File.WriteAllText(Path.Combine(volumes.CreateSubdirectory("secret").FullName, "secret"), new string('7', 64));
        return volumes.FullName;
    }
}
