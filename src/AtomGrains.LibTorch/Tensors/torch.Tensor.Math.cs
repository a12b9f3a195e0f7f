using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Operator Add = new("aten::add", "Tensor");
        private static readonly Operator AddScalar = new("aten::add", "Scalar");
        private static readonly Operator AddInPlace = new("aten::add_", "Tensor");
        private static readonly Operator Sub = new("aten::sub", "Tensor");
        private static readonly Operator SubScalar = new("aten::sub", "Scalar");
        private static readonly Operator Mul = new("aten::mul", "Tensor");
        private static readonly Operator MulScalar = new("aten::mul", "Scalar");
        private static readonly Operator MulInPlace = new("aten::mul_", "Scalar");
        private static readonly Operator Div = new("aten::div", "Tensor_mode");
        private static readonly Operator DivScalar = new("aten::div", "Scalar_mode");
        private static readonly Operator Neg = new("aten::neg");
        private static readonly Operator Exp = new("aten::exp");
        private static readonly Operator Log = new("aten::log");
        private static readonly Operator Sqrt = new("aten::sqrt");
        private static readonly Operator Tanh = new("aten::tanh");
        private static readonly Operator Relu = new("aten::relu");
        private static readonly Operator Gelu = new("aten::gelu");
        private static readonly Operator Softmax = new("aten::softmax", "int");
        private static readonly Operator MaskedFill = new("aten::masked_fill", "Scalar");
        private static readonly Operator Matmul = new("aten::matmul");
        private static readonly Operator Sum = new("aten::sum");
        private static readonly Operator Mean = new("aten::mean");
        private static readonly Operator Argmax = new("aten::argmax");

        public static Tensor operator +(Tensor left, Tensor right) => left.add(right);

        public static Tensor operator +(Tensor left, Scalar right) => left.add(right);

        public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);

        public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);

        public static Tensor operator -(Tensor tensor) => tensor.neg();

        public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);

        public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);

        public static Tensor operator *(Scalar left, Tensor right) => right.mul(left);

        public static Tensor operator /(Tensor left, Tensor right) => left.div(right);

        public static Tensor operator /(Tensor left, Scalar right) => left.div(right);

        public Tensor add(Tensor target) => Add.Call(this, target);

        public Tensor add(Scalar scalar) => AddScalar.Call(this, scalar);

        public Tensor add_(Tensor target) => InPlace(AddInPlace, target);

        public Tensor sub(Tensor target) => Sub.Call(this, target);

        public Tensor sub(Scalar target) => SubScalar.Call(this, target);

        public Tensor mul(Tensor target) => Mul.Call(this, target);

        public Tensor mul(Scalar target) => MulScalar.Call(this, target);

        public Tensor mul_(Scalar target) => InPlace(MulInPlace, target);

        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => Div.Call(this, target, Rounding(rounding_mode));

        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => DivScalar.Call(this, target, Rounding(rounding_mode));

        public Tensor neg() => Neg.Call(this);

        public Tensor exp() => Exp.Call(this);

        public Tensor log() => Log.Call(this);

        public Tensor sqrt() => Sqrt.Call(this);

        public Tensor tanh() => Tanh.Call(this);

        public Tensor relu() => Relu.Call(this);

        /// <summary>The exact GELU, with the error function.</summary>
        public Tensor gelu() => Gelu.Call(this);

        public Tensor softmax(long dim, ScalarType? dtype = null) => Softmax.Call(this, dim, dtype);

        public Tensor masked_fill(Tensor mask, Scalar value) => MaskedFill.Call(this, mask, value);

        public Tensor matmul(Tensor target) => Matmul.Call(this, target);

        public Tensor sum(ScalarType? type = null) => Sum.Call(this, type);

        public Tensor mean() => Mean.Call(this);

        public Tensor argmax(long dim, bool keepdim = false) => Argmax.Call(this, dim, keepdim);

        private static Argument Rounding(RoundingMode mode) => mode switch
        {
            RoundingMode.None => Argument.None,
            RoundingMode.trunc => "trunc",
            RoundingMode.floor => "floor",
            _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "None, trunc or floor"),
        };
    }
}
