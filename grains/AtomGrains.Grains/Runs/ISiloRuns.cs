namespace AtomGrains.Grains.Runs;

/// <summary>The runs in which this silo's process can take part.</summary>
public interface ISiloRuns
{
    /// <summary>The run of an id, opened; null when there is none.</summary>
    /// <exception cref="InvalidDataException">There is something by that name that cannot be used.</exception>
    ISiloRun? Find(string runId);
}
