using System.Text.Json;
using AtomGrains.Core.Membership;
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
        using var process = new NodeProcess(assignment, spec, NodeModels.Of(jobs, spec, assignment.RunFolder, assignment.Device), new HeartbeatOptions());
        return process.Run();
    }
}
