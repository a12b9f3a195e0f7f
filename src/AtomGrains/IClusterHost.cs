using AtomGrains.Local;
using AtomGrains.Node.Storage;

namespace AtomGrains;

/// <summary>
/// A host of silos. A program has it when it references <c>AtomGrains.Silo</c>; this package knows it by name alone, so a
/// program without it pulls in no cluster package.
/// </summary>
public interface IClusterHost
{
    /// <summary>Runs the folder's run on silo processes of this machine, to its end or until it is cancelled.</summary>
    /// <param name="elements">Length of the flat parameter vector.</param>
    RunOutcome Train(RunFolder folder, int elements, SupervisorOptions options, IRunObserver observer, CancellationToken cancellation);

    /// <summary>This process is a silo; returns its exit code.</summary>
    /// <param name="arguments">Behind the command's name.</param>
    int RunSilo(JobRegistry jobs, IReadOnlyList<string> arguments);
}
