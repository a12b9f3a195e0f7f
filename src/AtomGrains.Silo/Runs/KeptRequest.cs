using System.Text.Json;
using AtomGrains.Node.Storage;

namespace AtomGrains.Silo.Runs;

/// <summary><see cref="RunFolder.RequestFileName"/> of a run folder: by which request the run was made, so that one that is repeated is known again.</summary>
/// <param name="Workers">Those of the spec.</param>
/// <param name="Spares">Beside those that can have a lane; none in older files.</param>
internal sealed record KeptRequest(string Spec, int Workers, int Spares = 0)
{
    /// <returns>Null where the run was made in another way.</returns>
    public static KeptRequest? Read(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, RunFolder.RequestFileName)), SiloJson.Default.KeptRequest);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public void Write(string folder) =>
        DurableFile.Write(Path.Combine(folder, RunFolder.RequestFileName), JsonSerializer.SerializeToUtf8Bytes(this, SiloJson.Default.KeptRequest));
}
