using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Storage.Checkpoints;

namespace AtomGrains.Grains.Runs;

/// <summary>A run that whoever started its silos gives up while none of them lives: what its coordinator would still have written is written in its place.</summary>
public static class GivenUpRun
{
    /// <summary>Completes the fault ledger. No silo of the run may live.</summary>
    /// <exception cref="IOException">The run folder cannot be read or written.</exception>
    public static void Complete(RunPlan plan, CheckpointStore store, Action<string> note)
    {
        using var actor = new RunActor(plan, new Nobody(note), store);
        actor.OnGivenUp();
    }

    /// <summary>Nothing is left that could be told or started.</summary>
    private sealed class Nobody(Action<string> note) : IRunOutput
    {
        public string Silo => "none";

        public void Send(NodeId to, ControlMessage message)
        {
        }

        public void Start(NodeId node, Seat seat)
        {
        }

        public void Post(Action action)
        {
        }

        public void KillSilo()
        {
        }

        public void Note(string text) => note(text);
    }
}
