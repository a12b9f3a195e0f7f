namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>The program under test at another place, from which it can be taken away while it runs.</summary>
internal static class LinkedProgram
{
    /// <param name="folder">Empty, for the program and links to all that it needs.</param>
    /// <returns>Where the program is.</returns>
    public static string In(string folder)
    {
        foreach (var entry in Directory.EnumerateFileSystemEntries(AppContext.BaseDirectory).Where(entry => entry != AtomProgram.Path))
        {
            File.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(entry)), entry);
        }

        var program = Path.Combine(folder, Path.GetFileName(AtomProgram.Path));
        File.Copy(AtomProgram.Path, program);
        return program;
    }

    /// <summary>What starts that one in place of the program that it is asked to start.</summary>
    public static string[] Through(string program) => ["/bin/sh", "-c", $"shift; exec '{program}' \"$@\"", "sh"];
}
