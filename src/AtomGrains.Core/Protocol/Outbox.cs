using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Core.Protocol;

/// <summary>The effects of one event, in the order in which the host carries them out.</summary>
/// <param name="sendNow">
/// Takes a tensor message over as soon as it is added, while the event is still being handled: it then travels while
/// this node goes on with its own part. It must have copied the message when it returns; false leaves it in the outbox.
/// </param>
public sealed class Outbox(Func<NodeId, TensorMessage, bool>? sendNow = null)
{
    private readonly List<Effect> _effects = [];

    public IReadOnlyList<Effect> Effects => _effects;

    public void Add(Effect effect) => _effects.Add(effect);

    public void Send(NodeId to, Message message)
    {
        if (message is not TensorMessage tensor || sendNow is null || !sendNow(to, tensor))
        {
            _effects.Add(new SendToNode(to, message));
        }
    }

    public void Report(ControlMessage message) => _effects.Add(new SendToCoordinator(message));

    /// <summary>Moves out the tensor messages that <paramref name="node"/> sends to itself.</summary>
    public void TakeMessagesTo(NodeId node, Queue<TensorMessage> queue)
    {
        for (var i = 0; i < _effects.Count; i++)
        {
            if (_effects[i] is SendToNode { Message: TensorMessage message } send && send.To == node)
            {
                queue.Enqueue(message);
                _effects.RemoveAt(i--);
            }
        }
    }

    /// <summary>
    /// Has effects carried out until none are left: what carrying one out adds, such as the news of a view that was
    /// recorded, comes after those that were there before it.
    /// </summary>
    public void Drain(Action<Effect> carryOut)
    {
        while (_effects.Count > 0)
        {
            Effect[] effects = [.. _effects];
            _effects.Clear();
            Array.ForEach(effects, carryOut);
        }
    }

    public void Clear() => _effects.Clear();
}
