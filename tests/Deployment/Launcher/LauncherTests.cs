using System.Runtime.Versioning;
using AtomGrains.Deployment.Tests.Support;

namespace AtomGrains.Deployment.Tests.Launcher;

/// <summary>
/// <c>./atom</c> in a folder of its own, on a machine of the tests' own making: programs that note each call stand for dotnet,
/// Debian's and the compiler, so nothing is installed, fetched or built.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class LauncherTests : IDisposable
{
    private const int BadInput = 2;
    private const int Failed = 1;

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-launcher-").FullName;

    public LauncherTests()
    {
        Directory.CreateDirectory(Clone);
        foreach (var path in Directory.EnumerateFiles(Repository.PathOf("eng"), "*.sh").Append(Repository.PathOf("atom")).Append(Repository.PathOf("Directory.Packages.props"))
            .Append(Repository.PathOf("nuget.config")).Append(Repository.PathOf("global.json")))
        {
            Put(Path.Combine(Clone, Path.GetRelativePath(Repository.Root, path)), File.ReadAllText(path), mode: File.GetUnixFileMode(path));
        }

        Put(Path.Combine(Clone, "src/AtomGrains/AtomGrains.csproj"), "<Project/>");
        Put(Path.Combine(Clone, "src/AtomGrains.LibTorch/native/build.sh"), """
            echo "build.sh $1" >>"$CALLS"
            mkdir -p "$2" && : >"$2/native.so" && echo "$2/native.so"
            """);

        // A feed without any of our packages, and a build that makes a program that says what it was given.
        Program("dotnet", """
            case "$*" in
            --list-sdks) echo "10.0.100 [/sdk]"; exit ;;
            esac
            echo "dotnet $1" >>"$CALLS"
            case "$1" in
            restore)
                if [ -n "${COMPILER:-}" ] && grep -q PackageDownload probe.csproj; then
                    mkdir -p obj && printf '{\n"packageFolders": {\n  "%s/": {}\n' "$COMPILER" >obj/project.assets.json
                    exit 0
                fi
                sed -n 's/.*Include="\([^"]*\)".*/error NU1101: Unable to find package \1. No packages exist/p' probe.csproj; exit 1 ;;
            build)
                [ -z "${BROKEN:-}" ] || { echo "error CS0000: it does not compile"; exit 1; }
                mkdir -p src/AtomGrains/bin/Release/net10.0
                printf '#!/bin/sh\necho "program: $*"\n' >src/AtomGrains/bin/Release/net10.0/AtomGrains
                chmod +x src/AtomGrains/bin/Release/net10.0/AtomGrains
                for library in AtomGrains AtomGrains.Azure AtomGrains.Core AtomGrains.Torch; do echo "built" >src/AtomGrains/bin/Release/net10.0/$library.dll; done ;;
            esac
            """);
        Program("dpkg-query", "[ -n \"${NOT_INSTALLED:-}\" ] && exit 1\nprintf 'install ok installed'");
        Program("apt-get", "echo \"apt-get $*\" >>\"$CALLS\"");
        Program("sudo", "[ \"$1\" = -v ] || exec \"$@\"");
        Program("g++", "exit 0");
        Program("nvidia-smi", "echo 'GPU 0: of the tests'");
    }

    private string Clone => Path.Combine(_folder, "clone");

    private string State => Path.Combine(Clone, ".atom");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ASecondCallDoesNoneOfTheSetUpAgain()
    {
        var first = Atom("status", "--out", "run");
        Assert.Equal("program: status --out run\n", first.OutputOfSuccess());
        Assert.Equal(["build.sh system", "dotnet build", "dotnet restore"], Calls().Distinct().Order());
        var done = Calls();

        var second = Atom("status", "--out", "other");
        Assert.Equal("program: status --out other\n", second.OutputOfSuccess());
        Assert.Equal("", second.Errors);
        Assert.Equal(done, Calls());
    }

    [Fact]
    public void AFailingStepNamesTheCommandToRunByHand()
    {
        var failed = Atom([("BROKEN", "yes")], "status");
        Assert.Equal((Failed, ""), (failed.ExitCode, failed.Output));
        Assert.Contains("error CS0000: it does not compile\n", failed.Errors, StringComparison.Ordinal);
        Assert.EndsWith("atom: by hand: TensorEngine=LibTorch dotnet build src/AtomGrains/AtomGrains.csproj -c Release\n", failed.Errors, StringComparison.Ordinal);
        Assert.Equal("program: status\n", Atom("status").OutputOfSuccess());
    }

    [Fact]
    public void AnotherSystemThanLinuxGetsOneLineThatSaysWhatToUse()
    {
        Program("uname", "echo Darwin");
        var refused = Atom("demo");
        Assert.Equal((BadInput, ""), (refused.ExitCode, refused.Output));
        Assert.Equal("atom: AtomGrains runs on Linux, this is Darwin: use WSL2 with Debian 12 on Windows, a Linux container elsewhere\n", refused.Errors);
        Assert.False(Directory.Exists(State));
    }

    [Fact]
    public void DebiansPackagesAreInstalledOnlyWhereTheyAreMissingAndItIsSaidFirst()
    {
        Atom("status").OutputOfSuccess();
        Assert.DoesNotContain(Calls(), call => call.StartsWith("apt-get", StringComparison.Ordinal));

        var refreshed = Atom([("NOT_INSTALLED", "yes")], "--refresh", "status");
        refreshed.OutputOfSuccess();
        Assert.Equal("apt-get install -y --no-install-recommends libtorch-dev libopenblas0-openmp", Assert.Single(Calls(), call => call.StartsWith("apt-get", StringComparison.Ordinal)));
        Assert.Contains("atom: installing Debian's libtorch-dev libopenblas0-openmp (as root) ...\n", refreshed.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void ALibtorchThatWasUpgradedInPlaceIsCompiledAgainstAnew()
    {
        var torch = Path.Combine(_folder, "torch");
        Put(Path.Combine(torch, "lib/libtorch_cpu.so"), "one");
        Atom("--libtorch", torch, "status").OutputOfSuccess();
        Atom("--libtorch", torch, "status").OutputOfSuccess();
        Assert.Single(Calls(), call => call == $"build.sh {torch}");

        Put(Path.Combine(torch, "lib/libtorch_cpu.so"), "another one");
        Atom("--libtorch", torch, "status").OutputOfSuccess();
        Atom("--libtorch", torch, "status").OutputOfSuccess();
        Assert.Equal(2, Calls().Count(call => call == $"build.sh {torch}"));
    }

    [Theory]
    [InlineData("train --device cuda:0", null, null, true)]
    [InlineData("train --device=cuda:1", null, null, true)]
    [InlineData("train --config run.yaml", null, "steps: 3\ndevice: cuda:0\n", true)]
    [InlineData("train --config=run.yaml", null, "{steps: 3, 'device': \"cuda:0,cuda:1\"}\n", true)]
    [InlineData("train", "cuda:0", null, true)]
    [InlineData("train --resume --out run", null, null, true)]
    [InlineData("train --out run", null, null, false)]
    [InlineData("train --device cpu", "cuda:0", null, false)]
    [InlineData("train --config run.yaml --resume --out run", null, "device: cpu\n", false)]
    [InlineData("train --config run.yaml", null, "# device: cuda:0\nstore: device-cuda\n", false)]
    [InlineData("train --config run.yaml", "cpu", "device: cuda:0\n", false)]
    [InlineData("train --data cuda", null, null, false)]
    public void TheCudaPackageIsAskedForWhereverTheDeviceIsNamed(string arguments, string? variable, string? file, bool asked)
    {
        Put(Path.Combine(Clone, "run/settings.json"), """{"lanes":["8"],"device":["cuda:0"]}""");
        Put(Path.Combine(Clone, "run.yaml"), file ?? "");
        var ended = Atom([("ATOMGRAINS_DEVICE", variable ?? "")], arguments.Split(' '));
        Assert.Equal($"program: {arguments}\n", ended.OutputOfSuccess());
        Assert.Equal(asked, ended.Errors.Contains("a GPU was found and asked for: TorchSharp-cuda-linux", StringComparison.Ordinal));
    }

    [Fact]
    public void LibrariesAreCompiledAheadWhereTheFeedHasTheCompilerAndAJobsStaysAsItWasBuilt()
    {
        var compiler = PutCompiler("echo compiled >$out");
        var first = Atom([("COMPILER", compiler)], "status");
        Assert.Equal("program: status\n", first.OutputOfSuccess());
        Assert.Contains(" 10.0.7 (12 MB), which compiles our programs ahead of time ...\n", first.Errors, StringComparison.Ordinal);
        Assert.Equal(("compiled\n", "compiled\n", "built\n", "built\n"), (Kept("AtomGrains.dll"), Kept("AtomGrains.Azure.dll"), Kept("AtomGrains.Core.dll"), Kept("AtomGrains.Torch.dll")));

        // The two are alike here, and are compiled once; so they are when other sources make the same of them.
        Put(Path.Combine(Clone, "src/AtomGrains/Another.cs"), "");
        Directory.Delete(Path.Combine(State, "app"), recursive: true);
        Atom([("COMPILER", compiler)], "status").OutputOfSuccess();
        Assert.Equal(("compiled\n", "built\n"), (Kept("AtomGrains.dll"), Kept("AtomGrains.Torch.dll")));
        Assert.Single(Calls(), call => call == "crossgen2");
        Assert.Equal(2, Calls().Count(call => call == "dotnet build"));
    }

    [Fact]
    public void ALibraryThatCannotBeCompiledAheadStaysAsItWasBuilt()
    {
        var compiler = PutCompiler("echo half a library >$out; exit 1");
        Assert.Equal("program: status\n", Atom([("COMPILER", compiler)], "status").OutputOfSuccess());
        Assert.Single(Calls(), call => call == "crossgen2");
        Assert.Equal(("built\n", "built\n"), (Kept("AtomGrains.dll"), Kept("AtomGrains.Azure.dll")));
    }

    [Fact]
    public void ACompilerThatDoesNotRunHereIsNotUsed()
    {
        var compiler = PutCompiler("exit 126", help: "exit 126");
        Assert.Equal("program: status\n", Atom([("COMPILER", compiler)], "status").OutputOfSuccess());
        Assert.DoesNotContain("crossgen2", Calls());
        Assert.Equal("built\n", Kept("AtomGrains.dll"));
    }

    private string Kept(string library) => File.ReadAllText(Assert.Single(Directory.GetFiles(Path.Combine(State, "app"), library, SearchOption.AllDirectories)));

    // A framework beside dotnet, and a folder of packages that has the compiler for it.
    private string PutCompiler(string script, string help = "exit 0")
    {
        Directory.CreateDirectory(Path.Combine(_folder, "bin/shared/Microsoft.NETCore.App/10.0.7"));
        foreach (var system in new[] { "x64", "arm64" })
        {
            Put(
                Path.Combine(_folder, $"packages/microsoft.netcore.app.crossgen2.linux-{system}/10.0.7/tools/crossgen2"),
                $"#!/bin/sh\n[ \"$1\" != --help ] || {help}\necho crossgen2 >>\"$CALLS\"\nout=$3\n{script}\n",
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return Path.Combine(_folder, "packages");
    }

    private FinishedProcess Atom(params string[] arguments) => Atom([], arguments);

    private FinishedProcess Atom((string Name, string Value)[] variables, params string[] arguments)
    {
        var environment = new Dictionary<string, string>
        {
            ["PATH"] = $"{_folder}/bin:/usr/bin:/bin",
            ["CALLS"] = Path.Combine(_folder, "calls"),
            ["HOME"] = _folder,
            ["ATOMGRAINS_LIBTORCH"] = "",
            ["ATOMGRAINS_HOST"] = "",
            ["DOTNET_ROOT"] = Path.Combine(_folder, "bin"),
        };
        foreach (var (name, value) in variables)
        {
            environment[name] = value;
        }

        return FinishedProcess.Run(TimeSpan.FromMinutes(1), environment, "bash", ["-c", "cd \"$0\" && exec ./atom \"$@\"", Clone, .. arguments]);
    }

    private string[] Calls() => File.ReadAllLines(Path.Combine(_folder, "calls"));

    private void Program(string name, string script) =>
        Put(Path.Combine(_folder, "bin", name), $"#!/bin/sh\n{script}\n", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    private static void Put(string path, string content, UnixFileMode? mode = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        if (mode is { } wanted)
        {
            File.SetUnixFileMode(path, wanted);
        }
    }
}
