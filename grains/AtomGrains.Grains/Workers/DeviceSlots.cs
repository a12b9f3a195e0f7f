namespace AtomGrains.Grains.Workers;

/// <summary>The devices of a silo, by their places in its orders.</summary>
public sealed class DeviceSlots : IDisposable
{
    private readonly DeviceSlot[] _slots;

    public DeviceSlots(int count) => _slots = [.. Enumerable.Range(0, count).Select(_ => new DeviceSlot())];

    public IReadOnlyList<DeviceSlot> All => _slots;

    /// <summary>No node will live here any more; those that do may go on.</summary>
    public void Close() => Array.ForEach(_slots, slot => slot.Close());

    /// <summary>Every node that lives on a device asks to leave; false when there is none.</summary>
    public bool AskToLeave()
    {
        var nodes = _slots.Select(slot => slot.Current).OfType<SiloNode>().ToList();
        nodes.ForEach(node => node.Leave());
        return nodes.Count > 0;
    }

    /// <summary>Whoever wanted the silo is gone: its nodes write down what they hold, and end. Returns when they have, or cannot.</summary>
    public void LeaveBehind(TimeSpan longest)
    {
        Close();
        foreach (var node in _slots.Select(slot => slot.Current).OfType<SiloNode>())
        {
            node.LeaveBehind();
        }

        SpinWait.SpinUntil(() => _slots.All(slot => slot.Current is null), longest);
    }

    /// <summary>The silo ends, and with it its nodes.</summary>
    public void Dispose()
    {
        Close();
        foreach (var node in _slots.SelectMany(slot => slot.Nodes))
        {
            node.End();
        }
    }

    internal SiloNode? Find(string run, int node) =>
        _slots.SelectMany(slot => slot.Nodes).FirstOrDefault(living => living.RunId == run && living.Id.Value == node);
}
