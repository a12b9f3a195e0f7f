using System.Runtime.InteropServices;

namespace AtomGrains.Local.Devices;

/// <summary>
/// Asks the driver of NVIDIA's devices, which numbers them as every tensor engine in the same environment does. No context is
/// made: nothing on a device is taken or touched.
/// </summary>
internal static class CudaDriver
{
    private const string Library = "libcuda.so.1";

    /// <returns>Bytes; null without a driver, or such a device.</returns>
    public static long? MemoryOf(int index)
    {
        try
        {
            return Init(0) == 0 && Get(out var device, index) == 0 && TotalMemory(out var bytes, device) == 0 ? (long)bytes : null;
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            return null;
        }
    }

    [DllImport(Library, EntryPoint = "cuInit")]
    private static extern int Init(uint flags);

    [DllImport(Library, EntryPoint = "cuDeviceGet")]
    private static extern int Get(out int device, int index);

    [DllImport(Library, EntryPoint = "cuDeviceTotalMem_v2")]
    private static extern int TotalMemory(out nuint bytes, int device);
}
