using AtomGrains.Commands;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;
using AtomGrains.Grains.Wire;
using AtomGrains.Node.Storage;

namespace AtomGrains.Silo.Runs;

/// <summary>
/// Makes a run's folder under another name, as <c>train</c> would, and gives it its own name at the end: a silo that dies
/// meanwhile leaves nothing that anybody takes for a run.
/// </summary>
internal static class RunFolderMaker
{
    // Names of runs do not begin so.
    private const string Unfinished = ".new-";

    // The data of a run are read within this, or whoever read them is gone.
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    /// <param name="data">In which its data must lie; null for anywhere.</param>
    /// <returns>Null when it is made; why another has the name, when one came first.</returns>
    /// <exception cref="InvalidSettingsException">Everything that is wrong with the request.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static IReadOnlyList<SettingError>? Make(RunRequest request, string folder, string store, string? data, string device, JobRegistry jobs)
    {
        RunSpecReader.RefuseDataOutside(data, request);
        RemoveAbandoned(Path.GetDirectoryName(folder)!);
        RefuseStoreInUse(store);
        var made = Path.Combine(Path.GetDirectoryName(folder)!, $"{Unfinished}{request.Name}-{Guid.NewGuid():N}");
        try
        {
            Write(request, made, device, jobs);
            return DurableFile.TryNameFolder(made, folder) ? null : [new SettingError("name", request.Name, "is taken by another run: choose another one")];
        }
        finally
        {
            if (Directory.Exists(made))
            {
                Directory.Delete(made, recursive: true);
            }
        }
    }

    private static void Write(RunRequest request, string made, string device, JobRegistry jobs)
    {
        var options = RunSpecReader.Options(request, device, made);
        var start = RunStart.Of(options, jobs);
        TrainCommand.RefusePartitionsThatDoNotFit(start.Record.Spec, start.Elements);
        using var folder = RunFolder.Open(made, start.Record);

        // The device on which the engine was asked is this silo's, and no other's.
        SavedSettings.Write(made, options.Given.Where(entry => entry.Key != Settings.Device.Name).ToDictionary());
        new KeptRequest(request.Spec, options.Workers, options.AllSpares).Write(made);
        Directory.CreateDirectory(Path.Combine(made, "logs"));
        folder.Begin(start.Corpus);
    }

    // A run that begins numbers its objects from the start: next to another run's, its own would have their names.
    private static void RefuseStoreInUse(string store)
    {
        if (ObjectStores.Open(store).List("") is [var first, ..])
        {
            throw new InvalidSettingsException(new SettingError("store", store, $"holds {first.Name} of an earlier run of that name: choose another name"));
        }
    }

    private static void RemoveAbandoned(string root)
    {
        foreach (var left in Directory.EnumerateDirectories(root, Unfinished + "*").Where(left => DateTime.UtcNow - Directory.GetLastWriteTimeUtc(left) > Abandoned))
        {
            Directory.Delete(left, recursive: true);
        }
    }
}
