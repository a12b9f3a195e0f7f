using System.Collections.Concurrent;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Grains;
using AtomGrains.Grains.Wire;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>
/// What reaches the run grain of a sender's <see cref="ViewWanted"/> messages, on a way on which calls take unequal times
/// and some of them fail before they are made, as they do while grains move.
/// </summary>
internal sealed class RecordedReports : IOutgoingGrainCallFilter, IIncomingGrainCallFilter
{
    private const int OneFailsOf = 5;

    private readonly ConcurrentQueue<int> _arrived = new();
    private int _calls;

    public IReadOnlyCollection<int> Arrived => _arrived;

    /// <summary>Done while a call is on its way.</summary>
    public Action UnderWay { get; set; } = () => { };

    public int Failed => _calls / OneFailsOf;

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        if (Numbers(context).Count > 0)
        {
            var call = Interlocked.Increment(ref _calls);
            UnderWay();
            await Task.Delay(call % 3);
            if (call % OneFailsOf == 0)
            {
                throw new OrleansException("the silo is gone");
            }
        }

        await context.Invoke();
    }

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        foreach (var number in Numbers(context))
        {
            _arrived.Enqueue(number);
        }

        await context.Invoke();
    }

    private static IReadOnlyList<int> Numbers(IGrainCallContext context) => context.InterfaceMethod.Name == nameof(IRunGrain.Report)
        ? [.. ((ControlBatch)context.Request.GetArgument(0)!).Messages.OfType<WireViewWanted>().Select(wanted => (int)wanted.Own)]
        : [];
}
