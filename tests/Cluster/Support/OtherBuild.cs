using System.Security.Cryptography;

namespace AtomGrains.Cluster.Tests.Support;

/// <summary>A program with one byte more in the assembly of its job, which changes nothing but its hash.</summary>
internal static class OtherBuild
{
    /// <param name="program">Its name; it lies beside the tests.</param>
    /// <param name="assembly">The file that the job comes from.</param>
    /// <param name="folder">New, for the program and links to all that it needs.</param>
    /// <returns>Where the program is.</returns>
    public static string Of(string program, string assembly, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
        {
            var name = Path.GetFileName(file);
            if (name.StartsWith(program, StringComparison.Ordinal) || name == assembly)
            {
                File.Copy(file, Path.Combine(folder, name));
            }
            else
            {
                File.CreateSymbolicLink(Path.Combine(folder, name), file);
            }
        }

        using (var changed = new FileStream(Path.Combine(folder, assembly), FileMode.Append))
        {
            changed.WriteByte(0);
        }

        return Path.Combine(folder, program);
    }

    public static string HashOf(string assembly) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(assembly)));
}
