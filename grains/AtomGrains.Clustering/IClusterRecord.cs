namespace AtomGrains.Clustering;

/// <summary>A line beside the membership of a cluster, written once, by which its silos see that they were told the same.</summary>
public interface IClusterRecord
{
    /// <summary>Where it is, for who has to delete it.</summary>
    string Place { get; }

    /// <summary>Null when there is none.</summary>
    Task<string?> ReadAsync();

    /// <summary>Writes it unless there is one: of all who try, one does.</summary>
    Task CreateAsync(string text);
}
