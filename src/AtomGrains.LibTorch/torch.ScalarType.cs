namespace TorchSharp;

public static partial class torch
{
    /// <summary>Element types, numbered as in libtorch.</summary>
    public enum ScalarType : sbyte
    {
        Byte = 0,
        Int8 = 1,
        Int16 = 2,
        Int32 = 3,
        Int64 = 4,
        Float16 = 5,
        Float32 = 6,
        Float64 = 7,
        Bool = 11,
        BFloat16 = 15,
    }

    public const ScalarType bfloat16 = ScalarType.BFloat16;

    public const ScalarType @bool = ScalarType.Bool;

    public const ScalarType float32 = ScalarType.Float32;

    public const ScalarType float64 = ScalarType.Float64;

    public const ScalarType int64 = ScalarType.Int64;
}
