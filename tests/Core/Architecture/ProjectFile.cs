using System.Xml.Linq;

namespace AtomGrains.Core.Tests.Architecture;

/// <summary>The references that a project file declares.</summary>
internal sealed record ProjectFile(string Name, IReadOnlyList<string> Projects, IReadOnlyList<string> Packages)
{
    /// <summary>All projects of the repository that are not tests, by name.</summary>
    public static IReadOnlyDictionary<string, ProjectFile> All { get; } =
        new[] { "src", "grains", "samples" }
            .Select(folder => Path.Combine(Repository.Root, folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories))
            .Select(Read)
            .ToDictionary(project => project.Name);

    private static ProjectFile Read(string path)
    {
        var items = XDocument.Load(path).Descendants().ToLookup(
            element => element.Name.LocalName,
            element => element.Attribute("Include")?.Value ?? "");
        return new ProjectFile(
            Path.GetFileNameWithoutExtension(path),
            [.. items["ProjectReference"].Select(reference => Path.GetFileNameWithoutExtension(reference.Replace('\\', '/')))],
            [.. items["PackageReference"]]);
    }
}
