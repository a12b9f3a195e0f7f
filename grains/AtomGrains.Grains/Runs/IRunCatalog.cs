using AtomGrains.Grains.Wire;

namespace AtomGrains.Grains.Runs;

/// <summary>The folder in which the runs of a cluster are, the same one for every silo.</summary>
public interface IRunCatalog
{
    /// <summary>Every run, oldest first.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    IReadOnlyList<RunEntry> List();

    /// <summary>Whether a run is there, by that very request or by another; null when there is none.</summary>
    bool? IsSame(RunRequest request);

    /// <summary>What a request needs of a silo, as far as it can be told without one.</summary>
    /// <exception cref="Core.Options.InvalidSettingsException">Everything that is wrong with it.</exception>
    RunNeeds Read(RunRequest request);

    /// <summary>Makes the run's folder, whole or not at all; reads the data and asks the tensor engine.</summary>
    /// <exception cref="Core.Options.InvalidSettingsException">Everything that is wrong.</exception>
    void Make(RunRequest request);

    /// <summary>Has a run, of which nothing lives, go on in this silo's environment; asks the tensor engine.</summary>
    /// <returns>What is new about it, in words; null when nothing is.</returns>
    /// <exception cref="Core.Options.InvalidSettingsException">It is another run there.</exception>
    string? Adopt(string name);
}
