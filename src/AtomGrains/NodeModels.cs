using AtomGrains.Commands;
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
    /// <param name="bitsClass">In which the run computes: a step loop of another one is not made, InvalidDataException says so.</param>
    /// <param name="folder">Holds the tokens; the final weights go there.</param>
    public static NodeModel Of(StepLoopFactory jobs, RunSpec spec, string bitsClass, string folder, string device, NodeLimits limits)
    {
        var job = jobs.Find(spec.Job);
        var samples = new SampleHost(folder, spec, limits.ShardCacheBytes);
        return new NodeModel(
            () =>
            {
                var loop = jobs.Create(spec, samples, TokenFileSource.OpenValidation(folder, spec), device);
                RequireBitsClass(spec, bitsClass);
                return loop;
            },
            (loop, flat) => WeightsFile.Write(folder, Exported(loop.Layout, job.ExportName), flat, job.ExportConfiguration(spec)),
            samples);
    }

    // Nobody would notice: its lanes would be as good as any, and not those of another host.
    private static void RequireBitsClass(RunSpec spec, string bitsClass)
    {
        if (BitsClass.Of(TensorEngine.Describe(spec)) is var here && here != bitsClass)
        {
            throw new InvalidDataException($"this host computes as \"{here}\" and the run as \"{bitsClass}\": bits would differ");
        }
    }

    private static ParameterLayout Exported(ParameterLayout layout, Func<string, string> name) =>
        new(layout.Entries.Select(entry => entry with { Name = name(entry.Name) }));
}
