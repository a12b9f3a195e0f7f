using AtomGrains.Core.Parameters;

namespace AtomGrains.Node.Storage;

/// <summary>The final weights of a run: safetensors, and <c>config.json</c> beside it.</summary>
public static class WeightsFile
{
    /// <summary>Writes both files, each complete or absent, and returns <see cref="WeightsHash"/> of the parameters.</summary>
    /// <param name="layout">With the names that the weights have outside; the order is that of training.</param>
    /// <param name="flat">[layout.Elements] float32, in flat order.</param>
    /// <param name="configuration">What <see cref="ConfigurationFile"/> can write.</param>
    public static string Write(string folder, ParameterLayout layout, ReadOnlyMemory<float> flat, IReadOnlyDictionary<string, object> configuration)
    {
        DurableFile.Write(Path.Combine(folder, ConfigurationFile.FileName), ConfigurationFile.Serialize(configuration));
        DurableFile.Write(Path.Combine(folder, RunFolder.WeightsFileName), stream => SafeTensorsWriter.Write(stream, layout, flat.Span));
        return WeightsHash.Of(flat.Span);
    }
}
