using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Operator Linear = new("aten::linear");
            private static readonly Operator LayerNorm = new("aten::layer_norm");
            private static readonly Operator Dropout = new("aten::dropout");
            private static readonly Operator DropoutInPlace = new("aten::dropout_");
            private static readonly Operator Relu = new("aten::relu");
            private static readonly Operator ReluInPlace = new("aten::relu_");
            private static readonly Operator CrossEntropy = new("aten::cross_entropy_loss");

            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => Linear.Call(input, weights, bias);

            public static Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5) =>
                LayerNorm.Call(input, normalized_shape, weight, bias, eps);

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                (inplace ? DropoutInPlace : Dropout).Call(input, p, training);

            public static Tensor relu(Tensor x, bool inplace = false) => (inplace ? ReluInPlace : Relu).Call(x);

            public static Tensor gelu(Tensor x) => x.gelu();

            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

            /// <summary>The loss of logits [N, V] against classes [N] (int64).</summary>
            public static Tensor cross_entropy(
                Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean, double label_smoothing = 0.0) =>
                CrossEntropy.Call(input, target, weight, (long)reduction, ignore_index, label_smoothing);
        }

        public static partial class init
        {
            private static readonly Operator Normal = new("aten::normal_");
            private static readonly Operator Uniform = new("aten::uniform_");

            public static Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Generator? generator = null) =>
                Fill(Normal, tensor, mean, std, generator);

            public static Tensor uniform_(Tensor tensor, double low = 0, double high = 1, Generator? generator = null) =>
                Fill(Uniform, tensor, low, high, generator);

            public static Tensor zeros_(Tensor tensor) => Filled(tensor, 0);

            public static Tensor ones_(Tensor tensor) => Filled(tensor, 1);

            private static Tensor Fill(Operator op, Tensor tensor, double first, double second, Generator? generator)
            {
                // There is one generator in the subset, the default one, which is what an absent argument means.
                GC.KeepAlive(generator);
                using var noGrad = no_grad();
                op.Apply(tensor, first, second);
                return tensor;
            }

            private static Tensor Filled(Tensor tensor, Scalar value)
            {
                using var noGrad = no_grad();
                return tensor.fill_(value);
            }
        }
    }
}
