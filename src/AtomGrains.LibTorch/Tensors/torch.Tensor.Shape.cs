using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Operator View = new("aten::view");
        private static readonly Operator Reshape = new("aten::reshape");
        private static readonly Operator Transpose = new("aten::transpose", "int");
        private static readonly Operator Contiguous = new("aten::contiguous");
        private static readonly Operator Narrow = new("aten::narrow");
        private static readonly Operator Select = new("aten::select", "int");
        private static readonly Operator Split = new("aten::split", "Tensor");
        private static readonly Operator Unsqueeze = new("aten::unsqueeze");
        private static readonly Operator Triu = new("aten::triu");
        private static readonly Operator Tril = new("aten::tril");

        public Tensor view(params long[] shape) => View.Call(this, shape);

        public Tensor reshape(params long[] shape) => Reshape.Call(this, shape);

        public Tensor transpose(long dim0, long dim1) => Transpose.Call(this, dim0, dim1);

        public Tensor contiguous() => Contiguous.Call(this);

        public Tensor narrow(long dim, long start, long length) => Narrow.Call(this, dim, start, length);

        public Tensor select(long dim, long index) => Select.Call(this, dim, index);

        /// <summary>Parts of <paramref name="size"/> along <paramref name="dim"/>; the last may be smaller.</summary>
        public Tensor[] split(long size, int dim = 0) => Split.CallMany(this, size, dim);

        public Tensor unsqueeze(long dim) => Unsqueeze.Call(this, dim);

        public Tensor triu(long diagonal = 0) => Triu.Call(this, diagonal);

        public Tensor tril(long diagonal = 0) => Tril.Call(this, diagonal);
    }
}
