using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Workers;

namespace AtomGrains.Local;

/// <summary>Where an ordered fault strikes the supervisor's own process: a decision is on its way to its first node at the most.</summary>
/// <param name="supervisor">Its number.</param>
internal sealed class OwnFaults(OrderedFaults faults, int supervisor, Coordinator coordinator)
{
    /// <summary>A message of a node, before the coordinator has it.</summary>
    public void Reached(ControlMessage control)
    {
        switch (control)
        {
            case Heartbeat when coordinator.IsInstalled:
                Reached(coordinator.Step, ProtocolPoint.Compute);
                break;
            case StepTimed timed:
                Reached(timed.Step, ProtocolPoint.Push);
                break;
            case Sealed seals:
                Reached(seals.Seals[0].Step, ProtocolPoint.Seal);
                break;
            default:
                break;
        }
    }

    /// <param name="point">Null at the beginning of the step.</param>
    public void Reached(long step, ProtocolPoint? point)
    {
        if (faults.StrikesSupervisor(supervisor, step, point))
        {
            Signals.Send(Environment.ProcessId, Signals.Kill);
        }
    }
}
