using System.Globalization;
using System.Runtime.Intrinsics.X86;

namespace AtomGrains.Torch.Engine;

/// <summary>
/// Environment variables that a worker's process must be started with: the engine's libraries read them as they load,
/// and each of them changes bits, speed or both.
/// </summary>
public static class WorkerEnvironment
{
    // 512 MiB: more than the activations of a lane of most models. What exceeds it is given back as before.
    private const string KeptBytes = "536870912";

    /// <summary>Variables to set for a child process; those that this process already has keep their value.</summary>
    /// <param name="threads">Threads of one operator, as in the run spec.</param>
    public static IReadOnlyDictionary<string, string> Variables(int threads)
    {
        var count = threads.ToString(CultureInfo.InvariantCulture);
        var variables = new Dictionary<string, string>
        {
            ["OMP_DYNAMIC"] = "FALSE", // the runtime may not give fewer threads: sums would change their order
            ["OMP_WAIT_POLICY"] = "PASSIVE", // idle threads of several workers would burn each other's cores
            ["MKL_CBWR"] = "AUTO", // sums in an order that does not hang on where a buffer happens to lie
            ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8", // the documented condition for equal bits on CUDA

            // The C library gives an activation's memory back to the system as soon as it is free, and the next lane pays
            // for every page of it again: a million page faults in sixty steps, a tenth of that with these.
            ["MALLOC_TRIM_THRESHOLD_"] = KeptBytes,
            ["MALLOC_MMAP_THRESHOLD_"] = KeptBytes,

            // Each method compiled once, fully, before a worker joins: in tiers, the second compilation took up to a tenth
            // of the processor beside the first forty steps. A worker starts half a second later for it.
            ["DOTNET_TieredCompilation"] = "0",

            // A thread of the pool that has nothing to do looks for work for a while before it sleeps. The messages of a step
            // come one by one, so two fifths of what a silo's pool used was that, taken from the step loop's core.
            ["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0",
        };

        // Left to itself, OpenBLAS takes a processor newer than itself for one of 2004, at half the speed. ATen's own
        // loops gain nothing from wider vectors, so theirs are pinned to what most machines have.
        if (Avx2.IsSupported && Fma.IsSupported)
        {
            variables["OPENBLAS_CORETYPE"] = Avx512F.IsSupported && Avx512BW.IsSupported ? "SkylakeX" : "Haswell";
            variables["ATEN_CPU_CAPABILITY"] = "avx2";
        }

        foreach (var name in variables.Keys)
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } present)
            {
                variables[name] = present;
            }
        }

        // These two follow the run spec, whatever the shell says.
        variables["OMP_NUM_THREADS"] = count;
        variables["MKL_NUM_THREADS"] = count;
        return variables;
    }
}
