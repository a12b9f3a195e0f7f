using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;
using AtomGrains.Node.Storage;

namespace AtomGrains.Silo.Runs;

/// <summary>A run in a line, from its folder.</summary>
internal static class RunEntryReader
{
    /// <returns>Null when the folder holds no run.</returns>
    /// <exception cref="InvalidDataException">It holds one that cannot be read.</exception>
    /// <exception cref="System.Text.Json.JsonException">The same.</exception>
    public static RunEntry? Read(string folder, string name)
    {
        if (RunRecord.Read(folder) is not { } record)
        {
            return null;
        }

        var wish = RunWish.Read(folder);
        var metrics = Path.Combine(folder, RunFolder.MetricsFileName);
        var last = File.Exists(metrics) ? JsonLines.Last(metrics, StorageJson.Default.MetricsLine) : null;
        var (state, detail) = RunEnd.Read(folder) is { } end ? (end.Stopped is null ? RunEntry.Finished : RunEntry.Stopped, end.Stopped)
            : wish.IsPaused ? (RunEntry.Paused, null)
            : RunNote.Waiting.Read(folder) is { } what ? (RunEntry.Waiting, what)
            : last is null ? (RunEntry.Waiting, "devices")
            : (RunEntry.Running, null);
        var request = KeptRequest.Read(folder);
        var workers = wish.Workers ?? request?.Workers ?? 0;

        // A worker without a lane is a spare, and counted as one.
        var devices = (wish.Workers ?? Math.Min(request?.Workers ?? 0, record.Spec.Lanes)) + (request?.Spares ?? 0);
        return new RunEntry(new RunSummary(name, state, (last?.Step ?? -1) + 1, record.Spec.Steps, workers, record.Started, detail), record.Spec.DeviceKind, record.Spec.Job, devices);
    }
}
