using System.Runtime.InteropServices;
using System.Text;

namespace TorchSharp.Interop;

/// <summary>
/// An operator of libtorch, called by name through the dispatcher. Trailing arguments may be left out: the native
/// half takes them from the schema.
/// </summary>
internal sealed unsafe class Operator(string name, string overload = "")
{
    /// <summary>The largest number of results; a split returns one tensor for each part.</summary>
    private const int Capacity = 256;

    private nint _handle;

    /// <summary>Calls an operator that returns one tensor; the caller owns it.</summary>
    internal torch.Tensor Call(params ReadOnlySpan<Argument> arguments)
    {
        NativeValue result;
        var count = Invoke(arguments, &result, 1);
        return count == 1 ? Wrap(result) : throw new ExternalException($"{name} returned no tensor");
    }

    /// <summary>Calls an in-place operator; the alias that it returns is released.</summary>
    internal void Apply(params ReadOnlySpan<Argument> arguments)
    {
        NativeValue result;
        if (Invoke(arguments, &result, 1) == 1 && result.Kind == ValueKind.Tensor)
        {
            NativeMethods.ag_tensor_free(result.Pointer);
        }
    }

    /// <summary>Calls an operator that returns several tensors; the caller owns them.</summary>
    internal torch.Tensor[] CallMany(params ReadOnlySpan<Argument> arguments)
    {
        var results = stackalloc NativeValue[Capacity];
        var tensors = new torch.Tensor[Invoke(arguments, results, Capacity)];
        for (var k = 0; k < tensors.Length; k++)
        {
            tensors[k] = Wrap(results[k]);
        }

        return tensors;
    }

    private torch.Tensor Wrap(NativeValue value) =>
        value.Kind == ValueKind.Tensor ? new torch.Tensor(value.Pointer) : throw new ExternalException($"{name} returned a {value.Kind}");

    private int Invoke(ReadOnlySpan<Argument> arguments, NativeValue* results, int capacity)
    {
        if (_handle == 0)
        {
            NativeMethods.Check(NativeMethods.ag_operator_find(name, overload, out _handle));
        }

        var values = stackalloc NativeValue[arguments.Length];
        var pins = stackalloc GCHandle[arguments.Length];
        try
        {
            for (var k = 0; k < arguments.Length; k++)
            {
                values[k] = LayOut(arguments[k], ref pins[k]);
            }

            NativeMethods.Check(NativeMethods.ag_operator_call(_handle, values, arguments.Length, results, capacity, out var count));
            return count;
        }
        finally
        {
            for (var k = 0; k < arguments.Length; k++)
            {
                if (pins[k].IsAllocated)
                {
                    pins[k].Free();
                }

                // The finalizer of a tensor must not run while the engine works on it.
                GC.KeepAlive(arguments[k].Reference);
            }
        }
    }

    private static NativeValue LayOut(in Argument argument, ref GCHandle pin)
    {
        var value = new NativeValue { Kind = argument.Kind, Integer = argument.Integer };
        switch (argument.Kind)
        {
            case ValueKind.Real:
                value.Real = argument.Real;
                break;
            case ValueKind.Tensor:
                value.Pointer = ((torch.Tensor)argument.Reference!).Handle;
                break;
            case ValueKind.Device:
                var device = (torch.Device)argument.Reference!;
                value.Count = (int)device.type;
                value.Integer = device.index;
                break;
            case ValueKind.IntegerList:
                Pin((long[])argument.Reference!, ref value, ref pin);
                break;
            case ValueKind.TensorList:
                Pin(Array.ConvertAll((torch.Tensor[])argument.Reference!, tensor => tensor.Handle), ref value, ref pin);
                break;
            case ValueKind.Text:
                Pin(Encoding.UTF8.GetBytes((string)argument.Reference! + '\0'), ref value, ref pin);
                break;
        }

        return value;
    }

    private static void Pin(Array items, ref NativeValue value, ref GCHandle pin)
    {
        pin = GCHandle.Alloc(items, GCHandleType.Pinned);
        value.Count = items.Length;
        value.Pointer = pin.AddrOfPinnedObject();
    }
}
