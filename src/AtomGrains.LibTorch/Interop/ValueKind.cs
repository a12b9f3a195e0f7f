namespace TorchSharp.Interop;

/// <summary>The native half's <c>Kind</c>.</summary>
internal enum ValueKind
{
    None = 0,
    Tensor = 1,
    Integer = 2,
    Real = 3,
    Boolean = 4,
    IntegerList = 5,
    TensorList = 6,
    Text = 7,
    Device = 8,
}
