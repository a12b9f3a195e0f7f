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

    public static readonly ScalarType bfloat16 = ScalarType.BFloat16;

    public static readonly ScalarType @bool = ScalarType.Bool;

    public static readonly ScalarType float32 = ScalarType.Float32;

    public static readonly ScalarType float64 = ScalarType.Float64;

    public static readonly ScalarType int64 = ScalarType.Int64;
}
