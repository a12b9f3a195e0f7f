using System.Globalization;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Options;
using AtomGrains.Node.Checkpoints;

namespace AtomGrains.Commands.Options;

/// <summary>Reads what a user wants of checkpoints.</summary>
internal static class CheckpointSettings
{
    private const int MostKept = 10_000;
    private const double MostSeconds = 7 * 24 * 3600;
    private const long MostSteps = 1_000_000_000;

    public static CheckpointPlan Read(SettingValues values)
    {
        var text = values.Text(Settings.CheckpointEvery) ?? "";
        if (!TryCadence(text, out var cadence))
        {
            values.Add([new SettingError(
                Settings.CheckpointEvery.Flag, text, $"must be steps from 1 to {MostSteps}, seconds such as 30s, above 0 and up to {MostSeconds}s, or 0 for none")]);
        }

        var store = values.Text(Settings.Store);
        if (store is not null && ObjectStores.Fault(store) is { } fault)
        {
            values.Add([new SettingError(Settings.Store.Flag, store, fault)]);
        }

        return new CheckpointPlan { Cadence = cadence, Keep = values.Count(Settings.Keep, 1, MostKept), Store = store };
    }

    /// <summary>A store's name that means the same wherever it is read.</summary>
    public static string Absolute(string store) => ObjectStores.IsFolder(store) ? Path.GetFullPath(store) : store;

    private static bool TryCadence(string text, out CheckpointOptions? cadence)
    {
        cadence = null;
        if (text.EndsWith('s'))
        {
            if (!double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) || seconds is not (> 0 and <= MostSeconds))
            {
                return false;
            }

            cadence = new CheckpointOptions { EveryTime = TimeSpan.FromSeconds(seconds) };
            return true;
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var steps) || steps > MostSteps)
        {
            return false;
        }

        cadence = steps == 0 ? null : new CheckpointOptions { EverySteps = steps };
        return true;
    }
}
