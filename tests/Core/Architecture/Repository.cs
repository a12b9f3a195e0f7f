using System.Reflection;

namespace AtomGrains.Core.Tests.Architecture;

/// <summary>Where the sources and the build outputs lie, seen from the running test.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The compiled assembly of a project under src/, of the configuration that is being tested.</summary>
    public static string AssemblyOf(string project)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var path = Path.Combine(Root, "src", project, "bin", output.Parent!.Name, output.Name, project + ".dll");
        Assert.True(File.Exists(path), $"{path} is not built");
        return path;
    }

    public static string TestAssembly => Assembly.GetExecutingAssembly().Location;

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AtomGrains.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"no AtomGrains.sln above {AppContext.BaseDirectory}");
    }
}
