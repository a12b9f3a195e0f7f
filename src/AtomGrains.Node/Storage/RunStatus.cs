using System.Text.Json;
using System.Text.Json.Serialization;

namespace AtomGrains.Node.Storage;

/// <summary>
/// <c>status.json</c> of a run folder: the supervisor's last word on the run, replaced whole. Whether it is still
/// running is not in it, since a killed supervisor cannot say so: ask <see cref="RunFolderLock.IsHeld"/>.
/// </summary>
public sealed record RunStatus
{
    public const string FileName = "status.json";

    /// <summary>Steps decided so far; the step in progress.</summary>
    public required long Step { get; init; }

    /// <summary>Training loss of the last committed step; null before the first.</summary>
    public required double? Loss { get; init; }

    public required long Generation { get; init; }

    /// <summary>What the run waits for, in words; null when it waits for nothing.</summary>
    public string? WaitingFor { get; init; }

    /// <summary>Devices that failed too often and are used no more, in words.</summary>
    public IReadOnlyList<string>? Quarantined { get; init; }

    /// <summary>The step of the newest complete checkpoint; null when there is none. Steps since then would be done again.</summary>
    public long? CheckpointStep { get; init; }

    /// <summary>Where the run's metrics are served; null when they are not.</summary>
    public string? Metrics { get; init; }

    /// <summary>The silo's process that hosts the run's coordinator; null where that is the supervisor, and before the first view.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? CoordinatorPid { get; init; }

    public required IReadOnlyList<ProcessStatus> Processes { get; init; }

    /// <returns>Null when the run has not written one yet.</returns>
    /// <exception cref="InvalidDataException">The file is not a status.</exception>
    public static RunStatus? Read(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, FileName)), StorageJson.Default.RunStatus);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{FileName}: {error.Message}", error);
        }
    }

    /// <summary>
    /// Replaces the file at one instant. Not synced: it is about now, and worth nothing after a power cut.
    /// </summary>
    public void Write(string folder)
    {
        var temporary = Path.Combine(folder, $"{DurableFile.TemporaryPrefix}{FileName}");
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(this, StorageJson.Indented.RunStatus));
        File.Move(temporary, Path.Combine(folder, FileName), overwrite: true);
    }
}
