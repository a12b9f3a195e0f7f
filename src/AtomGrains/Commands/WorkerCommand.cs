using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Local;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Commands;

/// <summary>A node process of a local run, started by its supervisor.</summary>
internal static class WorkerCommand
{
    public const string Name = "worker";

    public static int Run(StepLoopFactory jobs)
    {
        var assignment = JsonSerializer.Deserialize(Console.OpenStandardInput(), AssignmentJson.Default.NodeAssignment)
            ?? throw new InvalidDataException("a worker reads its orders from its supervisor on standard input");
        Signals.RedirectOutputTo(Path.Combine(assignment.RunFolder, "logs", $"node-{assignment.Node}.log"));
        var spec = RunRecord.Read(assignment.RunFolder)?.Spec ?? throw new InvalidDataException($"{assignment.RunFolder} holds no run");
        var job = jobs.Find(spec.Job);
        var model = new NodeModel(
            () => jobs.Create(spec, TokenFileSource.OpenTraining(assignment.RunFolder, spec), TokenFileSource.OpenValidation(assignment.RunFolder, spec), assignment.Device),
            (loop, flat) => WeightsFile.Write(assignment.RunFolder, Exported(loop.Layout, job.ExportName), flat, job.ExportConfiguration(spec)));
        return new NodeProcess(assignment, spec, model, new HeartbeatOptions()).Run();
    }

    private static ParameterLayout Exported(ParameterLayout layout, Func<string, string> name) =>
        new(layout.Entries.Select(entry => entry with { Name = name(entry.Name) }));
}
