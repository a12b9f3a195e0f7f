namespace AtomGrains.Grains.Runs;

/// <summary>Which worker a device becomes.</summary>
public static class SlotChooser
{
    /// <summary>
    /// The number that the silo would like when that is free, so that a restarted silo is the same worker again; else the
    /// lowest free one; null when none is wanted.
    /// </summary>
    /// <param name="liked">The silo's own number.</param>
    /// <param name="taken">Numbers of living workers.</param>
    /// <param name="wanted">Workers and spares of the run.</param>
    public static int? Choose(int liked, IReadOnlySet<int> taken, int wanted)
    {
        if (liked >= 0 && liked < wanted && !taken.Contains(liked))
        {
            return liked;
        }

        for (var slot = 0; slot < wanted; slot++)
        {
            if (!taken.Contains(slot))
            {
                return slot;
            }
        }

        return null;
    }
}
