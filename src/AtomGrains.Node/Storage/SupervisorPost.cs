using System.Text.Json;

namespace AtomGrains.Node.Storage;

/// <summary>
/// <c>supervisor.json</c>: where the nodes of a run find its supervisor, and by what secret both know each other. Only
/// its owner can read it. Each new supervisor replaces it whole and keeps run id and secret, so living nodes need nothing
/// else to find it; an orderly end removes it.
/// </summary>
/// <param name="Address">Host and port of the control channel.</param>
/// <param name="Secret">64 hexadecimal digits.</param>
public sealed record SupervisorPost(string RunId, string Address, string Secret)
{
    public const string FileName = "supervisor.json";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <returns>Null when there is none.</returns>
    /// <exception cref="InvalidDataException">The file is something else.</exception>
    public static SupervisorPost? Read(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, FileName)), StorageJson.Default.SupervisorPost);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{FileName}: {error.Message}", error);
        }
    }

    public static void Remove(string folder) => File.Delete(Path.Combine(folder, FileName));

    public void Write(string folder)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(this, StorageJson.Indented.SupervisorPost);
        DurableFile.Write(Path.Combine(folder, FileName), stream => stream.Write(json), OwnerOnly);
    }
}
