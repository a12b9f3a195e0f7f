using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>What a tensor says about itself, as <c>ag_info</c> lays it out.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeTensorInfo
{
    internal long Elements;
    internal int ScalarType;
    internal int ElementSize;
    internal int DeviceType;
    internal int DeviceIndex;
    internal int Contiguous;
    internal int RequiresGrad;
}
