using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace AtomGrains.Torch.Engine;

/// <summary>
/// Whether a device still computes: allocates, multiplies matrices of small whole numbers and compares every element with
/// the same product in integers. All sums are exact in float32, whatever their order, so one wrong bit shows.
/// </summary>
public static class DeviceCheck
{
    private const int Size = 192;
    private const int Rounds = 4;
    private const long FilledElements = 1 << 22;

    /// <returns>What is wrong, or null.</returns>
    /// <param name="name"><c>cpu</c> or <c>cuda:N</c>.</param>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    /// <exception cref="ExternalException">The engine failed; so may any other exception of it say.</exception>
    public static string? Run(string name)
    {
        var device = TensorEngine.RequireDevice(name);
        for (var round = 0; round < Rounds; round++)
        {
            using var scope = NewDisposeScope();
            using var filled = zeros(FilledElements, device: device).fill_(1).sum().cpu();
            if (filled.item<float>() != FilledElements)
            {
                return $"the sum of {FilledElements} ones is {filled.item<float>()}";
            }

            var (left, right) = (Numbers(31 + round), Numbers(17 + round));
            using var product = OnDevice(left, device).matmul(OnDevice(right, device)).cpu();
            var computed = MemoryMarshal.Cast<byte, float>(product.bytes);
            for (var place = 0; place < computed.Length; place++)
            {
                if (computed[place] != Element(left, right, place))
                {
                    return $"element {place} of a product of two {Size} by {Size} matrices is {computed[place]}, not {Element(left, right, place)}";
                }
            }
        }

        return null;
    }

    private static Tensor OnDevice(long[] numbers, Device device) => tensor(numbers, [Size, Size]).to(ScalarType.Float32).to(device);

    // From −6 to 6.
    private static long[] Numbers(int factor) => [.. Enumerable.Range(0, Size * Size).Select(place => (place * (long)factor % 13) - 6)];

    private static long Element(long[] left, long[] right, int place)
    {
        var (row, column) = (place / Size, place % Size);
        var sum = 0L;
        for (var k = 0; k < Size; k++)
        {
            sum += left[(row * Size) + k] * right[(k * Size) + column];
        }

        return sum;
    }
}
