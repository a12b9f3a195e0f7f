namespace AtomGrains.Bench.Figures;

/// <summary>
/// Two things measured one after the other, so that a neighbour on the machine disturbs both; who goes first alternates,
/// since the machine's speed drifts.
/// </summary>
internal static class Pairs
{
    public static (IReadOnlyList<double> Left, IReadOnlyList<double> Right, IReadOnlyList<double> Ratios) Measure(int count, Func<double> left, Func<double> right)
    {
        var (lefts, rights) = (new List<double>(), new List<double>());
        for (var pair = 0; pair < count; pair++)
        {
            if (pair % 2 == 0)
            {
                lefts.Add(left());
            }

            rights.Add(right());
            if (pair % 2 == 1)
            {
                lefts.Add(left());
            }
        }

        return (lefts, rights, [.. lefts.Zip(rights, (a, b) => a / b)]);
    }
}
