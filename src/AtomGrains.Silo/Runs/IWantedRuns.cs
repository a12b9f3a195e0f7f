using AtomGrains.Grains.Wire;

namespace AtomGrains.Silo.Runs;

/// <summary>Which runs a free device of this silo is offered to.</summary>
internal interface IWantedRuns
{
    /// <summary>Whether there is nothing left to be here for when a run refuses the device for good.</summary>
    bool EndsSiloWhenRefused { get; }

    /// <summary>Ids, in the order in which they are asked.</summary>
    Task<IReadOnlyList<string>> AskAsync(DeviceOffer offer);
}
