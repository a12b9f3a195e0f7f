using AtomGrains.Core.Parameters;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Shards;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;
using AtomGrains.Torch.Engine;

namespace AtomGrains;

/// <summary>The tensor engine's part of a node, for whoever hosts it.</summary>
internal static class NodeModels
{
    /// <param name="folder">Holds the tokens; the final weights go there.</param>
    public static NodeModel Of(StepLoopFactory jobs, RunSpec spec, string folder, string device, NodeLimits limits)
    {
        var job = jobs.Find(spec.Job);
        var samples = new SampleHost(folder, spec, limits.ShardCacheBytes);
        return new NodeModel(
            () => jobs.Create(spec, samples, TokenFileSource.OpenValidation(folder, spec), device),
            (loop, flat) => WeightsFile.Write(folder, Exported(loop.Layout, job.ExportName), flat, job.ExportConfiguration(spec)),
            samples);
    }

    private static ParameterLayout Exported(ParameterLayout layout, Func<string, string> name) =>
        new(layout.Entries.Select(entry => entry with { Name = name(entry.Name) }));
}
