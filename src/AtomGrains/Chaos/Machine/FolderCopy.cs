namespace AtomGrains.Chaos.Machine;

/// <summary>Copies a folder with all that is in it.</summary>
internal static class FolderCopy
{
    /// <param name="to">Is absent.</param>
    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
