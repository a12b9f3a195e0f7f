using System.Text.Json.Nodes;
using AtomGrains.Deployment.Tests.Support;

namespace AtomGrains.Deployment.Tests.Images;

/// <summary>
/// Builds images without an engine, from bases made of this machine's own files: what a registry would serve is named
/// <c>localhost/</c>. Its store is a folder of its own, and gone in the end.
/// </summary>
internal sealed class Buildah : IDisposable
{
    private const string Registry = "localhost/";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly DirectoryInfo _folder = Directory.CreateDirectory(Path.Combine(Repository.Root, ".atom", "images", Path.GetRandomFileName()));
    private readonly string[] _command;

    public Buildah()
    {
        _command = Command("overlay");
        // A machine whose own disk is an overlay cannot put one on top; copies of whole layers do as well, and take longer.
        if (Try([.. _command, "from", "scratch"]).ExitCode != 0)
        {
            _command = Command("vfs");
        }
    }

    /// <summary>Makes what stands in for the images of .NET.</summary>
    /// <param name="withSdk">That of the SDK as well, which takes half a minute.</param>
    public void MakeBases(bool withSdk)
    {
        var bases = Dockerfile.All.SelectMany(path => Dockerfile.Parse(Dockerfile.Text(path)).Stages).Select(stage => stage.Base).Distinct().ToList();
        string[] images = [withSdk ? Named("sdk") : "", Named("aspnet"), Named("runtime")];
        FinishedProcess.Run(Limit, new Dictionary<string, string>(), "bash", [Repository.PathOf("tests/Deployment/Images/local-bases.sh"), .. images, "--", .. _command]).OutputOfSuccess();

        string Named(string kind) => bases.Single(name => name.Contains($"dotnet/{kind}:", StringComparison.Ordinal)).Replace("${REGISTRY}", Registry, StringComparison.Ordinal).Split('$')[0];
    }

    /// <returns>The image's name.</returns>
    public string Build(string dockerfile, string name, params IReadOnlyList<string> arguments)
    {
        var image = Registry + name;
        Run(["build", "--isolation", "chroot", "--network", "host", "--layers=false", "--pull-never", "--file", Repository.PathOf(dockerfile), "--build-arg", $"REGISTRY={Registry}", "--tag", image, .. arguments, Repository.Root]);
        return image;
    }

    /// <summary>The image's root file system, as a folder that can be written to, with nobody else's.</summary>
    public string RootOf(string image) => Run("mount", Run("from", "--pull-never", image));

    /// <summary>User, Env, Entrypoint, WorkingDir, as the image says them to whoever starts it.</summary>
    public JsonNode ConfigOf(string image) => JsonNode.Parse(Run("inspect", "--type", "image", image))!["OCIv1"]!["config"]!;

    public void Dispose()
    {
        Try([.. _command, "umount", "--all"]);
        Try([.. _command, "rm", "--all"]);
        _folder.Delete(recursive: true);
    }

    private string Run(params IReadOnlyList<string> arguments) => Try([.. _command, .. arguments]).OutputOfSuccess().Trim();

    private static FinishedProcess Try(IReadOnlyList<string> command) => FinishedProcess.Run(Limit, new Dictionary<string, string>(), command[0], [.. command.Skip(1)]);

    private string[] Command(string driver) =>
        [Tools.Buildah!, "--root", Path.Combine(_folder.FullName, "store"), "--runroot", Path.Combine(_folder.FullName, "run"), "--storage-driver", driver];
}
