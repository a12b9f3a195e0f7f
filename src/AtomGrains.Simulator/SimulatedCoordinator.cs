using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Coordination;

namespace AtomGrains.Simulator;

/// <summary>A coordinator's process. It may go on for a while after another one has taken over.</summary>
internal sealed class SimulatedCoordinator(Coordinator machine, EffectCarrier carrier)
{
    public Coordinator Machine { get; } = machine;

    public bool IsRunning { get; private set; } = true;

    /// <summary>Its process ends, whatever it was at.</summary>
    public void End()
    {
        IsRunning = false;
        carrier.Ended(this);
    }

    public void Run(Action<Coordinator, Outbox> handle)
    {
        if (IsRunning)
        {
            var outbox = new Outbox();
            handle(Machine, outbox);
            carrier.CarryOut(this, outbox);
        }
    }
}
