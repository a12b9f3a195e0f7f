namespace AtomGrains.Core.Parameters;

/// <summary>The flat parameter vector: every parameter in registration order, without gaps.</summary>
public sealed class ParameterLayout
{
    public ParameterLayout(IEnumerable<ParameterEntry> entries)
    {
        Entries = [.. entries];
        var offset = 0;
        foreach (var entry in Entries)
        {
            if (entry.ElementOffset != offset)
            {
                throw new ArgumentException($"parameter {entry.Name} starts at {entry.ElementOffset}, expected {offset}", nameof(entries));
            }

            offset = checked(offset + entry.Elements);
        }

        Elements = offset;
    }

    public IReadOnlyList<ParameterEntry> Entries { get; }

    /// <summary>Length of the flat vector.</summary>
    public int Elements { get; }
}
