using System.Diagnostics;
using System.Reflection;

namespace AtomGrains.Local;

/// <summary>Starts this very program again, however it was started.</summary>
internal static class OwnProgram
{
    public static ProcessStartInfo StartInfo(params string[] arguments)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("the path of this program is unknown");
        var info = new ProcessStartInfo(program) { UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            info.ArgumentList.Add(Assembly.GetEntryAssembly()!.Location);
        }

        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        return info;
    }
}
