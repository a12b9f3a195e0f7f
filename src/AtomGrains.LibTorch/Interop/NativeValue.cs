using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>One argument or result of an operator, as <c>ag_value</c> lays it out.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct NativeValue
{
    [FieldOffset(0)]
    internal ValueKind Kind;

    /// <summary>Length of a list; the type of a device.</summary>
    [FieldOffset(4)]
    internal int Count;

    [FieldOffset(8)]
    internal long Integer;

    [FieldOffset(8)]
    internal double Real;

    [FieldOffset(8)]
    internal nint Pointer;
}
