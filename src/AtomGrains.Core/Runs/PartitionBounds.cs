using AtomGrains.Core.Options;

namespace AtomGrains.Core.Runs;

/// <summary>Into how many partitions a model may be cut: none is smaller than a block, and each fits one message.</summary>
public static class PartitionBounds
{
    public const int Most = 4096;

    /// <summary>Bytes. What one message between nodes may carry: a push, a reduced slice and the parameters are each a whole partition.</summary>
    public const long MostBytes = 1L << 30;

    /// <param name="elements">Length of the flat parameter vector.</param>
    /// <returns>What is wrong with --partitions; null for nothing.</returns>
    public static SettingError? ErrorOf(RunSpec spec, long elements)
    {
        var blocks = ModelSize.Blocks(elements, spec.BlockElements);
        var blocksThatFit = MostBytes / sizeof(float) / spec.BlockElements;
        var (least, most) = ((blocks + blocksThatFit - 1) / blocksThatFit, Math.Min(blocks, Most));
        if (spec.Partitions < least)
        {
            return new SettingError("--partitions", $"{spec.Partitions}", $"must be from {least} to {most}: the model has {elements} parameters, and a partition has at most {MostBytes} bytes");
        }

        return spec.Partitions > most
            ? new SettingError("--partitions", $"{spec.Partitions}", $"must be from {least} to {most}: the model has {blocks} blocks of --block-elements {spec.BlockElements}")
            : null;
    }
}
