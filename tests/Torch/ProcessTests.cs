using System.Diagnostics;
using AtomGrains.Torch.Bench;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Torch.Tests;

public sealed class ProcessTests
{
    [Fact]
    public void ALaneHasTheSameBitsInAnotherProcess()
    {
        var hashes = Enumerable.Range(0, 2).Select(_ => Run(new Dictionary<string, string>(), "hash")).ToList();

        Assert.Matches("^[0-9a-f]{64} [0-9a-f]{16} [0-9a-f]{64}$", hashes[0]);
        Assert.Equal(hashes[0], hashes[1]);
    }

    [Fact]
    public void TheDescriptionNamesWhatWasPinned()
    {
        var variables = WorkerEnvironment.Variables(threads: 1);

        var description = Run(variables, "describe");

        Assert.Contains("Threads = 1", description, StringComparison.Ordinal);
        Assert.DoesNotContain("LibTorch = ,", description, StringComparison.Ordinal);
        if (variables.TryGetValue("OPENBLAS_CORETYPE", out var core) && description.Contains("OpenBLAS", StringComparison.Ordinal))
        {
            Assert.Contains($"BlasCore = {core}", description, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public void AnInjectedAbortEndsTheProcess()
    {
        using var process = Start(new Dictionary<string, string>(), "abort");
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.Equal(128 + 6, process.ExitCode); // SIGABRT
    }

#if LIBTORCH_ENGINE
    [Fact]
    public void AMissingNativeHalfIsOneLineThatSaysWhatToRun()
    {
        using var process = Start(new Dictionary<string, string> { ["ATOMGRAINS_NATIVE"] = "/nowhere/atomgrains_torch.so" }, "hash");
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.NotEqual(0, process.ExitCode);
        Assert.Contains("/nowhere/atomgrains_torch.so does not exist; run ./atom", errors, StringComparison.Ordinal);
    }
#endif

    [Fact]
    public void AWorkersThreadsFollowTheRunSpecAndNotTheShell()
    {
        Assert.Equal("3", WorkerEnvironment.Variables(threads: 3)["OMP_NUM_THREADS"]);
    }

    private static string Run(IReadOnlyDictionary<string, string> variables, string command)
    {
        using var process = Start(variables, command);
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    private static Process Start(IReadOnlyDictionary<string, string> variables, string command)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(AdamW).Assembly.Location, command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
