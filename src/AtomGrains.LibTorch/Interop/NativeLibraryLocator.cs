using System.Reflection;
using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>
/// Finds the compiled native half: the file that <c>ATOMGRAINS_NATIVE</c> names, else one beside this assembly. There
/// is no search beyond that: a library for another libtorch would crash, not fail.
/// </summary>
internal static class NativeLibraryLocator
{
    internal const string LibraryName = "atomgrains_torch";

    internal const string EnvironmentVariable = "ATOMGRAINS_NATIVE";

    private const string Advice =
        "run ./atom with --refresh, or src/AtomGrains.LibTorch/native/build.sh system OUTPUT_DIR and set " + EnvironmentVariable + " to the path that it prints";

    internal static void Register() =>
        NativeLibrary.SetDllImportResolver(typeof(NativeLibraryLocator).Assembly, Resolve);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != LibraryName)
        {
            return 0;
        }

        var configured = Environment.GetEnvironmentVariable(EnvironmentVariable);
        var path = string.IsNullOrEmpty(configured) ? Path.Combine(AppContext.BaseDirectory, LibraryName + ".so") : configured;
        if (!File.Exists(path))
        {
            throw new DllNotFoundException($"the tensor engine's library {path} does not exist; {Advice}");
        }

        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException error)
        {
            var cause = error.Message.Split('\n').FirstOrDefault(line => line.Contains("cannot open", StringComparison.Ordinal)) ?? error.Message;
            throw new DllNotFoundException($"the tensor engine's library {path} does not load ({cause.Trim()}); {Advice}", error);
        }
    }
}
