using AtomGrains.Core.Membership;
using AtomGrains.Grains;
using AtomGrains.Grains.Wire;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>Holds control messages up where they are sent: all that a node reports, or each for a while.</summary>
internal sealed class HeldCalls : IOutgoingGrainCallFilter
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile int _held;

    public TimeSpan LongestDelay { get; set; }

    public void Hold(NodeId node) => _held = node.Value;

    public void Release()
    {
        _held = 0;
        _released.SetResult();
    }

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        if (context.InterfaceMethod.Name is nameof(IRunGrain.Report) or nameof(IWorkerGrain.Deliver))
        {
            if (context.InterfaceMethod.Name == nameof(IRunGrain.Report) && ((ControlBatch)context.Request.GetArgument(0)!).Node == _held)
            {
                await _released.Task;
            }

            if (LongestDelay > TimeSpan.Zero)
            {
                await Task.Delay(Random.Shared.Next((int)LongestDelay.TotalMilliseconds));
            }
        }

        await context.Invoke();
    }
}
