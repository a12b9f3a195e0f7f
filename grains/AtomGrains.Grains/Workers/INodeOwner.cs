using AtomGrains.Node.Workers;

namespace AtomGrains.Grains.Workers;

/// <summary>What a node's body asks of its silo. The calls come from any thread and never wait.</summary>
public interface INodeOwner : INodeHost
{
    /// <summary>The node lives no more.</summary>
    /// <param name="end">What became of its process; null when it had none of its own.</param>
    void Ended(ProcessEnd? end);

    /// <summary>
    /// The node is beyond help, though its process is still there: its device is free for another, and whatever it may
    /// say yet is the coordinator's affair.
    /// </summary>
    void GivenUp();
}
