namespace AtomGrains.Node.Storage;

/// <summary>
/// What a run waits for, in words, in a file of its folder: for whoever shows the run and is not its coordinator. Replaced
/// at one instant and not synced, as it is about now.
/// </summary>
public static class WaitNote
{
    private const string FileName = "waiting.txt";

    /// <param name="what">Null when nothing is waited for.</param>
    public static void Write(string folder, string? what)
    {
        // A name of this process: two coordinators may live for a moment.
        var temporary = Path.Combine(folder, $"{DurableFile.TemporaryPrefix}{Environment.ProcessId}-{FileName}");
        File.WriteAllText(temporary, what ?? "");
        File.Move(temporary, Path.Combine(folder, FileName), overwrite: true);
    }

    /// <returns>Null when nothing is waited for.</returns>
    public static string? Read(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, FileName)) is { Length: > 0 } what ? what : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Forgets what an earlier attempt waited for.</summary>
    public static void Delete(string folder) => File.Delete(Path.Combine(folder, FileName));
}
