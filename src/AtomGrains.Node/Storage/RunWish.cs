using System.Text.Json;
using AtomGrains.Core.Membership;

namespace AtomGrains.Node.Storage;

/// <summary>
/// <c>wanted.json</c> of a run folder: what has been ordered of a run that is under way. Whoever coordinates it next reads it
/// there.
/// </summary>
public sealed record RunWish
{
    public const string FileName = "wanted.json";

    /// <summary>Null for as many as the run began with.</summary>
    public int? Workers { get; init; }

    /// <summary>No devices are wanted, or soon none will be.</summary>
    public bool IsPaused { get; init; }

    /// <summary>
    /// The newest generation when the run came to rest: views up to it have no node that lives, and the run goes on from its
    /// newest checkpoint. Null for one that never rested.
    /// </summary>
    public long? RestedAt { get; init; }

    /// <summary>Whether the run has come to rest: nothing of it lives.</summary>
    /// <param name="newest">Of its register.</param>
    public bool IsAtRest(Generation newest) => IsPaused && newest.Value <= (RestedAt ?? 0);

    /// <returns>One that wants nothing in particular where nothing was ordered.</returns>
    /// <exception cref="InvalidDataException">The file says nothing.</exception>
    /// <exception cref="JsonException">It is none of these files.</exception>
    public static RunWish Read(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, FileName)), StorageJson.Default.RunWish)
                ?? throw new InvalidDataException($"{FileName}: null");
        }
        catch (FileNotFoundException)
        {
            return new RunWish();
        }
    }

    public void Write(string folder) =>
        DurableFile.Write(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, StorageJson.Indented.RunWish));
}
