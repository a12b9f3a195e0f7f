using AtomGrains.Grains.Workers;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Node.Workers;

namespace AtomGrains.Grains.Runs;

/// <summary>A run in which this silo's process can take part, and what a node needs of the process.</summary>
public interface ISiloRun
{
    RunPlan Plan { get; }

    /// <summary>SHA-256 of the assembly that this process has the job from.</summary>
    string Program { get; }

    /// <summary>The run's secret, 64 hexadecimal digits.</summary>
    string Secret { get; }

    /// <summary>The machine, by which primary and backup are kept apart.</summary>
    string Host { get; }

    /// <summary>Address to listen on for tensors.</summary>
    string Listen { get; }

    /// <summary>By what nodes prove themselves to each other; null where they do not encrypt.</summary>
    TlsFiles? Tls { get; }

    /// <summary>Where the run's checkpoints are.</summary>
    CheckpointStore Store { get; }

    /// <summary>Its nodes failed here again and again: for a while, this silo offers it nothing.</summary>
    bool IsResting { get; }

    /// <summary>A node could not be made: why the silo rests from the run from now on, in a line; null while it does not. Any thread.</summary>
    string? NotStarted(string error);

    /// <summary>A node has got ready here. Any thread.</summary>
    void Ready();

    /// <summary>A node has heard here that a step is decided. Any thread.</summary>
    void Decided(long step);

    /// <summary>A node that has not begun to live.</summary>
    /// <param name="child">Which of the silo's devices, where each has a process of its own; null for the silo's only one.</param>
    INodeBody CreateNode(NodePlace place, int? child, INodeOwner owner);

    /// <summary>The device of a node in this process failed: ends the process, which nobody can trust any more.</summary>
    void EndFailed(Exception error);
}
