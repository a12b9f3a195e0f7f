using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public enum Reduction : long
        {
            None = 0,
            Mean = 1,
            Sum = 2,
        }

        public static Linear Linear(long inputSize, long outputSize, bool hasBias = true, Device? device = null, ScalarType? dtype = null) =>
            new(inputSize, outputSize, hasBias, device, dtype);

        /// <exception cref="NotSupportedException">An option other than device and dtype is set.</exception>
        public static Embedding Embedding(
            long num_embeddings,
            long embedding_dims,
            long? padding_idx = null,
            double? max_norm = null,
            double norm_type = 2.0,
            bool scale_grad_by_freq = false,
            bool sparse = false,
            Device? device = null,
            ScalarType? dtype = null) =>
            padding_idx is null && max_norm is null && !scale_grad_by_freq && !sparse
                ? new(num_embeddings, embedding_dims, device, dtype)
                : throw new NotSupportedException("padding, norms and sparse gradients of an embedding are outside the binding's subset");

        public static LayerNorm LayerNorm(long normalized_shape, double eps = 1e-05, bool elementwise_affine = true, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new([normalized_shape], eps, elementwise_affine, bias, device, dtype);

        public static Dropout Dropout(double p = 0.5, bool inplace = false) => new(p, inplace);

        public static ModuleList<T> ModuleList<T>(params T[] modules)
            where T : Module => new(modules);
    }
}
