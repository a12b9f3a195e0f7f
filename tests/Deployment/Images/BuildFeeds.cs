using System.Xml.Linq;

namespace AtomGrains.Deployment.Tests.Images;

/// <summary>
/// Where a build inside an image gets packages: the feeds of this machine's user, as the Dockerfiles' secret, and what has
/// been restored before.
/// </summary>
internal static class BuildFeeds
{
    /// <param name="folder">The configuration is written to it.</param>
    public static IReadOnlyList<string> Arguments(string folder)
    {
        var home = Environment.GetEnvironmentVariable("HOME") ?? "/root";
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(home, ".nuget", "packages");
        // MSBuild takes further sources from the environment, which a build inside an image does not see.
        var further = (Environment.GetEnvironmentVariable("RestoreAdditionalProjectSources") ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries);
        var configuration = Path.Combine(folder, "NuGet.Config");
        Configuration(Path.Combine(home, ".nuget", "NuGet", "NuGet.Config"), further)?.Save(configuration);
        return
        [
            .. File.Exists(configuration) ? ["--secret", $"id=nuget,src={configuration}"] : Array.Empty<string>(),
            .. further.Where(Directory.Exists).SelectMany(source => new[] { "--volume", $"{source}:{source}:ro" }),
            .. Directory.Exists(packages) ? ["--volume", $"{packages}:/root/.nuget/packages"] : Array.Empty<string>(),
        ];
    }

    // Null where the SDK's own feeds are all there is.
    private static XDocument? Configuration(string users, IReadOnlyCollection<string> further)
    {
        if (!File.Exists(users))
        {
            return further.Count == 0 ? null : With(new XDocument(new XElement("configuration")), further);
        }

        return With(XDocument.Load(users), further);
    }

    private static XDocument With(XDocument document, IEnumerable<string> further)
    {
        var sources = document.Root!.Element("packageSources");
        if (sources is null)
        {
            document.Root.Add(sources = new XElement("packageSources"));
        }

        sources.Add(further.Select((source, number) => new XElement("add", new XAttribute("key", $"further-{number}"), new XAttribute("value", source))));
        return document;
    }
}
