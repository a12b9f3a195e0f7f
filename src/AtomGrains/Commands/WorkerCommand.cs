using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Local;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Workers;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Commands;

/// <summary>A node process of a local run, started by its supervisor.</summary>
internal static class WorkerCommand
{
    public const string Name = "worker";

    public static int Run(StepLoopFactory jobs)
    {
        if (ReadAssignment() is not { } assignment)
        {
            // Its supervisor died between starting it and telling it what for.
            return NodeProcess.ExitOrphaned;
        }

        NodeProcess node;
        try
        {
            Signals.RedirectOutputTo(Path.Combine(assignment.RunFolder, "logs", $"node-{assignment.Node}.log"));
            var record = RunRecord.Read(assignment.RunFolder) ?? throw new InvalidDataException($"{assignment.RunFolder} holds no run");
            var store = new CheckpointStore(ObjectStores.Open(assignment.Store));
            var model = NodeModels.Of(jobs, record.Spec, record.BitsClass, assignment.RunFolder, assignment.Device, assignment.Limits);
            node = new NodeProcess(assignment, record.Spec, model, new HeartbeatOptions(), store);
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // Not an abort, which would put its device in doubt.
            Console.Error.WriteLine($"error: worker: {error.Message}");
            return NodeProcess.ExitFiles;
        }

        int exitCode;
        using (node)
        {
            exitCode = node.Run();
        }

        Signals.EndProcess(exitCode);
        return exitCode;
    }

    private static NodeAssignment? ReadAssignment()
    {
        using var input = new StreamReader(Console.OpenStandardInput());
        return input.ReadToEnd() is { Length: > 0 } orders ? JsonSerializer.Deserialize(orders, AssignmentJson.Default.NodeAssignment) : null;
    }
}
