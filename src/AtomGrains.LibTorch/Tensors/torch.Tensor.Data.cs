using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Operator ZeroInPlace = new("aten::zero_");
        private static readonly Operator FillInPlace = new("aten::fill_", "Scalar");
        private static readonly Operator CopyInPlace = new("aten::copy_");
        private static readonly Operator SetSource = new("aten::set_", "source_Tensor");
        private static readonly Operator Clone = new("aten::clone");
        private static readonly Operator ToDtype = new("aten::to", "dtype");
        private static readonly Operator ToDevice = new("aten::to", "device");

        public long[] shape
        {
            get
            {
                NativeMethods.Check(NativeMethods.ag_tensor_dimensions(Handle, out var dimensions));
                var sizes = new long[dimensions];
                unsafe
                {
                    fixed (long* first = sizes)
                    {
                        NativeMethods.Check(NativeMethods.ag_tensor_sizes(Handle, first));
                    }
                }

                return sizes;
            }
        }

        public long NumberOfElements => Info.Elements;

        /// <summary>Bytes an element.</summary>
        public long ElementSize => Info.ElementSize;

        public ScalarType dtype => (ScalarType)Info.ScalarType;

        public DeviceType device_type => (DeviceType)Info.DeviceType;

        public Device device => new(device_type, device_type == DeviceType.CPU ? -1 : Info.DeviceIndex);

        /// <summary>The memory itself, not a copy: valid while the tensor lives. CPU and contiguous only, at most 2 GiB.</summary>
        /// <exception cref="InvalidOperationException">The tensor is elsewhere, strided or too large.</exception>
        public Span<byte> bytes
        {
            get
            {
                var info = Info;
                var length = info.Elements * info.ElementSize;
                if (info.DeviceType != (int)DeviceType.CPU || info.Contiguous == 0 || length > int.MaxValue)
                {
                    throw new InvalidOperationException($"bytes needs a contiguous tensor of at most {int.MaxValue} bytes on the CPU, got {length} on {device}");
                }

                NativeMethods.Check(NativeMethods.ag_tensor_data(Handle, out var data));
                unsafe
                {
                    return new Span<byte>((void*)data, (int)length);
                }
            }

            set
            {
                var target = bytes;
                if (target.Length != value.Length)
                {
                    throw new ArgumentException($"{value.Length} bytes for a tensor of {target.Length}");
                }

                value.CopyTo(target);
            }
        }

        private NativeTensorInfo Info
        {
            get
            {
                NativeMethods.Check(NativeMethods.ag_tensor_info(Handle, out var info));
                return info;
            }
        }

        public long size(int dim)
        {
            var sizes = shape;
            return sizes[dim < 0 ? dim + sizes.Length : dim];
        }

        public long dim() => shape.Length;

        public long numel() => NumberOfElements;

        public bool is_contiguous() => Info.Contiguous != 0;

        /// <summary>The value of a tensor of one element, whose type must be <typeparamref name="T"/>.</summary>
        public T item<T>()
            where T : unmanaged
        {
            var info = Info;
            unsafe
            {
                if (info.Elements != 1 || info.ElementSize != sizeof(T))
                {
                    throw new ArgumentException($"item<{typeof(T).Name}> of a tensor of {info.Elements} elements of {dtype}");
                }
            }

            using var host = device_type == DeviceType.CPU ? clone() : cpu();
            return MemoryMarshal.Read<T>(host.bytes);
        }

        public Tensor clone() => Clone.Call(this);

        public Tensor zero_() => InPlace(ZeroInPlace);

        public Tensor fill_(Scalar value) => InPlace(FillInPlace, value);

        public Tensor copy_(Tensor source, bool nonBlocking = false) => InPlace(CopyInPlace, source, nonBlocking);

        /// <summary>Makes this tensor a second handle to the storage, shape and strides of <paramref name="source"/>.</summary>
        public Tensor set_(Tensor source) => InPlace(SetSource, source);

        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Converted(ToDtype.Call(this, type, non_blocking, copy), disposeAfter);

        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Converted(ToDevice.Call(this, device, dtype, non_blocking, copy), disposeAfter);

        public Tensor cpu() => to(CPU);

        private Tensor InPlace(Operator op, params ReadOnlySpan<Argument> rest)
        {
            op.Apply([this, .. rest]);
            return this;
        }

        private Tensor Converted(Tensor result, bool disposeAfter)
        {
            if (disposeAfter)
            {
                Dispose();
            }

            return result;
        }
    }
}
