using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Operator Detach = new("aten::detach");

        public bool requires_grad
        {
            get => Info.RequiresGrad != 0;
            set => NativeMethods.Check(NativeMethods.ag_tensor_set_requires_grad(Handle, value ? 1 : 0));
        }

        /// <summary>
        /// The gradient, or null before the first backward. A gradient set here is added to in place by the next
        /// backward; it must have this tensor's shape, dtype and device.
        /// </summary>
        public Tensor? grad
        {
            get
            {
                NativeMethods.Check(NativeMethods.ag_tensor_grad(Handle, out var gradient));
                return gradient == 0 ? null : new Tensor(gradient);
            }

            set => NativeMethods.Check(NativeMethods.ag_tensor_set_grad(Handle, value?.Handle ?? 0));
        }

        /// <summary>Adds the gradient of this scalar to every leaf that requires one.</summary>
        public void backward() => NativeMethods.Check(NativeMethods.ag_tensor_backward(Handle));

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor detach() => Detach.Call(this);

        /// <summary>Points this tensor, as its graph sees it, at other data; its identity stays.</summary>
        internal void ReplaceData(Tensor data) => NativeMethods.Check(NativeMethods.ag_tensor_set_data(Handle, data.Handle));
    }
}
