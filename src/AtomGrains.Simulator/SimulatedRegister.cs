using AtomGrains.Core.Membership;

namespace AtomGrains.Simulator;

/// <summary>The register of PROTOCOL R1: one create-if-absent record a generation.</summary>
internal sealed class SimulatedRegister(bool overwrites)
{
    private readonly SortedDictionary<Generation, View> _views = [];

    public View? Newest => _views.Count == 0 ? null : _views.Values.Last();

    /// <summary>All records, oldest first.</summary>
    public IReadOnlyCollection<View> Views => _views.Values;

    /// <summary>Creates the record; false when that generation has one.</summary>
    public bool TryCreate(View view)
    {
        if (overwrites)
        {
            _views[view.Generation] = view;
            return true;
        }

        return _views.TryAdd(view.Generation, view);
    }
}
