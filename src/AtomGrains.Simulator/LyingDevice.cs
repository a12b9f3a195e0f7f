using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Simulator;

/// <summary>A device that flips a bit of every gradient from some step on, whatever process it computes for.</summary>
internal sealed class LyingDevice(SimulationOptions options, PartitionLayout layout)
{
    // Past the elements that count lanes.
    private const int Element = 10;

    public bool Exists => options.Liar is not null;

    /// <summary>The first step of which it has computed a lane wrong.</summary>
    public long FirstLie { get; private set; } = long.MaxValue;

    public bool Is(Member member) => options.Liar == member.Slot;

    /// <summary>Spoils a gradient, if it is this device's.</summary>
    public void Touch(Member member, StepKey key, int lane, Span<float> gradient)
    {
        if (!Is(member) || key.Step < options.LiesFrom)
        {
            return;
        }

        FirstLie = Math.Min(FirstLie, key.Step);

        // Now in this partition, now in that one.
        var blocks = gradient.Length / layout.BlockElements;
        ref var element = ref gradient[(int)((key.Step + lane) % blocks * layout.BlockElements) + Element];
        element = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(element) ^ (1 << 20));
    }
}
