namespace AtomGrains.Bench.Figures;

/// <summary>One measured quantity: all samples, and the bound that it has to keep, if there is one.</summary>
internal sealed record Figure(string Name, string Unit, IReadOnlyList<double> Samples)
{
    public double? AtMost { get; init; }

    public double? AtLeast { get; init; }

    /// <summary>The bound holds for each sample, and not for the median alone.</summary>
    public bool BoundsEach { get; init; }

    public double Min => Samples.Count == 0 ? double.NaN : Samples.Min();

    public double Max => Samples.Count == 0 ? double.NaN : Samples.Max();

    public double Median => MedianOf(Samples);

    /// <summary>What the bound is compared with.</summary>
    public double Value => !BoundsEach ? Median : AtLeast is null ? Max : Min;

    /// <summary>A bound on nothing is missed: a bench that measured nothing has failed.</summary>
    public bool IsMet => (AtMost is null && AtLeast is null) || (Value <= (AtMost ?? double.MaxValue) && Value >= (AtLeast ?? double.MinValue));

    public string Bound => (AtMost, AtLeast) switch
    {
        (null, null) => "",
        ({ } most, null) => $"≤ {most:G4}{(BoundsEach ? " each" : "")}",
        (null, { } least) => $"≥ {least:G4}{(BoundsEach ? " each" : "")}",
        ({ } most, { } least) => $"{least:G4} to {most:G4}",
    };

    public static double MedianOf(IEnumerable<double> samples)
    {
        var sorted = samples.Order().ToList();
        return sorted.Count == 0 ? double.NaN : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
