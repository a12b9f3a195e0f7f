#if LIBTORCH_ENGINE
using System.Diagnostics;
using TorchSharp;

namespace AtomGrains.Torch.Tests;

/// <summary>Empty libraries stand in for those that a library names and uses nothing of, and for no other.</summary>
public sealed class StandInsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-stand-ins-").FullName;

    private string Made => Path.Combine(_folder, "made");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WhatNobodyUsesIsStoodInFor()
    {
        Library("idle", "int idle(void) { return 1; }");
        Library("further", "int further(void) { return 1; }");
        Library("used", "int used(void) { return 1; }", "further"); // names it, as Debian's OneDNN does OpenCL
        StandInsFor(Library("engine", "int used(void); int engine(void) { return used(); }", "idle", "further", "used"));

        Assert.Equal(["libidle.so"], Directory.EnumerateFiles(Made).Select(Path.GetFileName));
    }

    [Fact]
    public void ThereIsNoneWhereALibraryUsesAnotherThatItDoesNotName()
    {
        Library("idle", "int idle(void) { return 1; }");
        Library("used", "int idle(void); int used(void) { return idle(); }");
        var said = StandInsFor(Library("engine", "int used(void); int engine(void) { return used(); }", "idle", "used"));

        Assert.Matches("libengine.so is loaded with all that it names: undefined symbol: idle", said);
        Assert.False(Directory.Exists(Made));
    }

    [Fact]
    public void NoneOfTheLibrariesWithAStandInIsLoaded()
    {
        torch.zeros(1).Dispose(); // loads the engine, if no other test has
        var native = Environment.GetEnvironmentVariable("ATOMGRAINS_NATIVE")!;
        var standIns = Path.Combine(Path.GetDirectoryName(native)!, Path.GetFileNameWithoutExtension(native).Replace("atomgrains_torch", "stand-ins", StringComparison.Ordinal));
        var loaded = File.ReadLines("/proc/self/maps").Select(line => line[(line.LastIndexOf(' ') + 1)..]).Where(path => path.StartsWith('/')).ToHashSet();
        Assert.Contains(native, loaded);
        var names = Directory.Exists(standIns) ? Directory.EnumerateFiles(standIns).Select(path => Path.GetFileName(path)!).ToList() : [];
        foreach (var name in names)
        {
            // The library's own file has a longer version in its name.
            Assert.Equal([Path.Combine(standIns, name)], loaded.Where(path => Path.GetFileName(path).StartsWith(name, StringComparison.Ordinal)));
        }
    }

    private string Library(string name, string source, params string[] names)
    {
        var file = Path.Combine(_folder, $"lib{name}.so");
        File.WriteAllText(Path.Combine(_folder, $"{name}.c"), source);
        Run("gcc", ["-shared", "-fPIC", "-o", file, Path.Combine(_folder, $"{name}.c"), $"-Wl,-soname,lib{name}.so", $"-Wl,-rpath,{_folder}", "-L", _folder, "-Wl,--no-as-needed", .. names.Select(other => $"-l{other}")]);
        return file;
    }

    private string StandInsFor(string library) => Run("sh", [Path.Combine(AppContext.BaseDirectory, "stand-ins.sh"), library, Made]);

    private static string Run(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
        return errors;
    }
}
#endif
