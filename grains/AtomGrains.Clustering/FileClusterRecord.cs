using System.Text;
using AtomGrains.Node.Storage;

namespace AtomGrains.Clustering;

/// <summary>In the folder in which the members meet.</summary>
internal sealed class FileClusterRecord(string folder) : IClusterRecord
{
    public string Place { get; } = Path.Combine(folder, "cluster.check");

    public Task<string?> ReadAsync() => Task.FromResult(File.Exists(Place) ? File.ReadAllText(Place).Trim() : null);

    public Task CreateAsync(string text)
    {
        DurableFile.TryCreate(Place, Encoding.ASCII.GetBytes(text + "\n"));
        return Task.CompletedTask;
    }
}
