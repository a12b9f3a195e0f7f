namespace AtomGrains.Deployment.Tests.Support;

/// <summary>Files of the repository, seen from the running test.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    public static string Read(string relative) => File.ReadAllText(PathOf(relative));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "AtomGrains.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"no AtomGrains.sln above {AppContext.BaseDirectory}");
        }

        return folder.FullName;
    }
}
