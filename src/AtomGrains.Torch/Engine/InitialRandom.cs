namespace AtomGrains.Torch.Engine;

/// <summary>
/// Random numbers as a pure function of (seed, index), for initial parameters. Nothing but IEEE additions, products,
/// quotients and square roots is used, so the bits are the same on every machine and with every tensor engine.
/// </summary>
public sealed class InitialRandom(ulong seed)
{
    // The seed is hashed once, or neighbouring seeds would give shifted copies of one stream.
    private readonly ulong _key = Mix(seed);

    /// <summary>Uniform in (0, 1), 52 bits and a half: never an end of the interval.</summary>
    public double Uniform(long index) => ((Mix(_key + ((ulong)index * 0x9E3779B97F4A7C15)) >> 12) + 0.5) * (1.0 / (1L << 52));

    /// <summary>Standard normal.</summary>
    public double Normal(long index) => NormalQuantile(Uniform(index));

    /// <summary>Fills <paramref name="values"/> with N(0, deviation²), element k from index <paramref name="firstIndex"/> + k.</summary>
    public void FillNormal(Span<float> values, long firstIndex, double deviation)
    {
        for (var k = 0; k < values.Length; k++)
        {
            values[k] = (float)(Normal(firstIndex + k) * deviation);
        }
    }

    /// <summary>The finalizer of SplitMix64 (Steele, Lea and Flood, 2014).</summary>
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>Inverse of the normal distribution, algorithm AS 241 (Wichura, 1988), about 16 digits.</summary>
    private static double NormalQuantile(double p)
    {
        var q = p - 0.5;
        if (Math.Abs(q) <= 0.425)
        {
            var r = 0.180625 - (q * q);
            return q * Polynomial(r, Central) / Polynomial(r, CentralDivisor);
        }

        var tail = Math.Sqrt(-Logarithm(q < 0 ? p : 1 - p));
        var value = tail <= 5
            ? Polynomial(tail - 1.6, Middle) / Polynomial(tail - 1.6, MiddleDivisor)
            : Polynomial(tail - 5, Far) / Polynomial(tail - 5, FarDivisor);
        return q < 0 ? -value : value;
    }

    /// <summary>ln x for normal x &gt; 0. The C library's own differs between versions in the last bit.</summary>
    private static double Logarithm(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (int)(bits >> 52) - 1023;
        var mantissa = BitConverter.Int64BitsToDouble((bits & 0xFFFFFFFFFFFFF) | (1023L << 52));
        if (mantissa > 1.4142135623730951)
        {
            mantissa /= 2;
            exponent++;
        }

        // ln m = 2 atanh s, and |s| < 0.172, so twelve terms reach double precision.
        var s = (mantissa - 1) / (mantissa + 1);
        var square = s * s;
        var sum = 0.0;
        for (var k = 23; k >= 1; k -= 2)
        {
            sum = (sum * square) + (1.0 / k);
        }

        return (exponent * 0.6931471805599453) + (2 * s * sum);
    }

    private static double Polynomial(double x, ReadOnlySpan<double> coefficients)
    {
        var value = 0.0;
        for (var k = coefficients.Length - 1; k >= 0; k--)
        {
            value = (value * x) + coefficients[k];
        }

        return value;
    }

    private static ReadOnlySpan<double> Central =>
    [
        3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
        4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
    ];

    private static ReadOnlySpan<double> CentralDivisor =>
    [
        1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
        2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3,
    ];

    private static ReadOnlySpan<double> Middle =>
    [
        1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
        1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
    ];

    private static ReadOnlySpan<double> MiddleDivisor =>
    [
        1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
    ];

    private static ReadOnlySpan<double> Far =>
    [
        6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
        2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
    ];

    private static ReadOnlySpan<double> FarDivisor =>
    [
        1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
    ];
}
