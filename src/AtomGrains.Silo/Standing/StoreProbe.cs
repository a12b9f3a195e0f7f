using AtomGrains.Core.Options;
using AtomGrains.Node.Storage.Objects;

namespace AtomGrains.Silo.Standing;

/// <summary>Whether the store of checkpoints is there and lets this silo in.</summary>
internal static class StoreProbe
{
    /// <summary>For one answer: a token of the machine's identity and a request take seconds at most.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <param name="writes">Whether it is written to as well.</param>
    /// <returns>What is wrong, in words; null when nothing is.</returns>
    public static string? Run(string store, bool writes) => Ask(store, writes)?.Text;

    /// <summary>A silo that has been given what opens no store is not begun; one whose store does not answer now may be, and is not ready.</summary>
    /// <exception cref="InvalidSettingsException">There is no such container, or it does not let this silo in.</exception>
    public static void RefuseWhatIsClosed(string? store)
    {
        if (store is not null && Ask(store, writes: true) is { IsRefusal: true } fault)
        {
            throw new InvalidSettingsException(new SettingError(SiloKeys.Store.Flag, store, fault.Text));
        }
    }

    private static StoreFault? Ask(string store, bool writes) =>
        !ObjectStores.IsFolder(store) ? ObjectStores.Ask(store, Limit, writes)
        : VolumeProbe.Run(store) is { } fault ? new StoreFault(fault, IsRefusal: false)
        : null;
}
