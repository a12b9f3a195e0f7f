using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>Conversions of one-element tensors.</summary>
public static class TensorExtensionMethods
{
    /// <exception cref="System.Runtime.InteropServices.ExternalException">More than one element.</exception>
    public static double ToDouble(this torch.Tensor value)
    {
        var item = Item(value);
        return item.Kind == ValueKind.Real ? item.Real : item.Integer;
    }

    public static float ToSingle(this torch.Tensor value) => (float)value.ToDouble();

    /// <exception cref="System.Runtime.InteropServices.ExternalException">More than one element.</exception>
    public static long ToInt64(this torch.Tensor value)
    {
        var item = Item(value);
        return item.Kind == ValueKind.Real ? (long)item.Real : item.Integer;
    }

    private static NativeValue Item(torch.Tensor tensor)
    {
        NativeMethods.Check(NativeMethods.ag_tensor_item(tensor.Handle, out var item));
        return item;
    }
}
