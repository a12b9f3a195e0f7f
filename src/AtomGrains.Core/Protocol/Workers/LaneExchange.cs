using AtomGrains.Core.Membership;

namespace AtomGrains.Core.Protocol.Workers;

/// <summary>
/// Lanes that change hands within a step: a worker that has computed its own asks another, which hands over some it
/// has not begun, since a step is as slow as its slowest worker. Nothing rests on it: a lane is the same bits whoever
/// computes it, pushes are identified by their tree node, and an owner whose lane never comes computes it after all.
/// </summary>
internal sealed class LaneExchange(NodeId self)
{
    // Workers that have nothing to hand over are met most often at the end of a step in good order; asking all of ten
    // thousand would help nobody.
    private const int MostEmptyAnswers = 3;

    private readonly Dictionary<int, NodeId> _handedOver = [];
    private readonly HashSet<int> _taken = [];
    private int _emptyAnswers;
    private bool _asked;

    /// <summary>Lanes of others that this worker computes in the step at hand.</summary>
    public IReadOnlySet<int> Taken => _taken;

    /// <summary>Own lanes that others compute in the step at hand.</summary>
    public IReadOnlyCollection<int> HandedOver => _handedOver.Keys;

    public void Clear()
    {
        _handedOver.Clear();
        _taken.Clear();
        _emptyAnswers = 0;
        _asked = false;
    }

    /// <summary>Whom to ask for a lane; null when an answer is due or enough have been asked.</summary>
    public NodeId? Ask(View view, long step)
    {
        var others = view.Workers.Where(worker => worker != self).ToList();
        if (_asked || _emptyAnswers >= Math.Min(MostEmptyAnswers, others.Count))
        {
            return null;
        }

        // Each asks another one, and others in each step, so that nobody is asked by all.
        var own = view.Workers.TakeWhile(worker => worker != self).Count();
        _asked = true;
        return others[(int)((own + step + _emptyAnswers) % others.Count)];
    }

    /// <summary>An answer has come; who has given once is asked again.</summary>
    public void Answered(IReadOnlyCollection<int> lanes)
    {
        _asked = false;
        _emptyAnswers += lanes.Count == 0 ? 1 : 0;
        _taken.UnionWith(lanes);
    }

    public void HandOver(IEnumerable<int> lanes, NodeId to)
    {
        foreach (var lane in lanes)
        {
            _handedOver[lane] = to;
        }
    }

    public bool TakeBack(int lane) => _handedOver.Remove(lane);

    /// <summary>A helper that is no worker any more will not push; an answer of an older view is not heard.</summary>
    public void Adopt(View view)
    {
        foreach (var (lane, _) in _handedOver.Where(entry => !view.Workers.Contains(entry.Value)).ToList())
        {
            _handedOver.Remove(lane);
        }

        _asked = false;
        _emptyAnswers = 0;
    }
}
