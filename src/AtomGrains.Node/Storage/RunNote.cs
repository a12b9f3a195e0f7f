namespace AtomGrains.Node.Storage;

/// <summary>
/// A word on a run, in a file of its folder: for whoever shows the run and is not its coordinator. Replaced at one instant
/// and not synced, as it is about now.
/// </summary>
public sealed class RunNote
{
    private readonly string _fileName;

    private RunNote(string fileName) => _fileName = fileName;

    /// <summary>What the run waits for, in words; none when it waits for nothing.</summary>
    public static RunNote Waiting { get; } = new("waiting.txt");

    /// <summary>The step of the newest complete checkpoint.</summary>
    public static RunNote Checkpoint { get; } = new("checkpoint.txt");

    /// <summary>Where the coordinator is that recorded the newest view: its silo, and after a blank that silo's process.</summary>
    public static RunNote Coordinator { get; } = new("coordinator.txt");

    /// <summary>The id of a run on silos whose starter is gone: they are about to end, each with what it holds, and no view is to come of that.</summary>
    public static RunNote Abandoned { get; } = new("abandoned.txt");

    /// <param name="text">Null for none.</param>
    public void Write(string folder, string? text)
    {
        // A name of this process: two coordinators may live for a moment.
        var temporary = Path.Combine(folder, $"{DurableFile.TemporaryPrefix}{Environment.ProcessId}-{_fileName}");
        File.WriteAllText(temporary, text ?? "");
        File.Move(temporary, Path.Combine(folder, _fileName), overwrite: true);
    }

    /// <summary>As <see cref="Write"/>. A word on the run decides nothing: where it cannot be written, it is none of the run's concern.</summary>
    /// <returns>Whether it could be.</returns>
    public bool TryWrite(string folder, string? text)
    {
        try
        {
            Write(folder, text);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <returns>Null when there is none.</returns>
    public string? Read(string folder)
    {
        var path = Path.Combine(folder, _fileName);
        if (!File.Exists(path))
        {
            // Looked for many times a second: an exception would cost a hundred times as much.
            return null;
        }

        try
        {
            return File.ReadAllText(path) is { Length: > 0 } text ? text : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>When it was written, by the volume's clock: another time is another word. Null when there is none.</summary>
    public DateTime? WrittenAt(string folder) => new FileInfo(Path.Combine(folder, _fileName)) is { Exists: true } file ? file.LastWriteTimeUtc : null;

    /// <summary>Forgets what an earlier attempt said.</summary>
    public void Delete(string folder) => File.Delete(Path.Combine(folder, _fileName));
}
