using System.Text.Json;

namespace AtomGrains.Node.Storage;

/// <summary><c>end.json</c> of a run folder whose coordinator may live in another process than who waits for the end.</summary>
/// <param name="Stopped">Why the run ended before its last step; null when it is complete.</param>
/// <param name="ControlMessages">Between the last coordinator and its nodes, both ways, since that one began.</param>
public sealed record RunEnd(string? Stopped, RunReport Report, long ControlMessages)
{
    public const string FileName = "end.json";

    /// <returns>Null while the run goes on.</returns>
    public static RunEnd? Read(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, FileName)), StorageJson.Default.RunEnd);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public void Write(string folder) =>
        DurableFile.Write(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, StorageJson.Indented.RunEnd));

    /// <summary>An earlier attempt's is of no use to who goes on.</summary>
    public static void Delete(string folder) => File.Delete(Path.Combine(folder, FileName));
}
