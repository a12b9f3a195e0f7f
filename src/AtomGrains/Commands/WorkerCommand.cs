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

    private const int Unusable = 1;

    public static int Run(StepLoopFactory jobs)
    {
        if (ReadAssignment() is not { } assignment)
        {
            // Its supervisor died between starting it and telling it what for.
            return NodeProcess.ExitOrphaned;
        }

        Signals.RedirectOutputTo(Path.Combine(assignment.RunFolder, "logs", $"node-{assignment.Node}.log"));
        var spec = RunRecord.Read(assignment.RunFolder)?.Spec ?? throw new InvalidDataException($"{assignment.RunFolder} holds no run");
        var store = new CheckpointStore(ObjectStores.Open(assignment.Store));
        var model = NodeModels.Of(jobs, spec, assignment.RunFolder, assignment.Device, assignment.Limits);
        NodeProcess node;
        try
        {
            node = new NodeProcess(assignment, spec, model, new HeartbeatOptions(), store);
        }
        catch (InvalidDataException error)
        {
            // Not an abort, which would put its device in doubt.
            Console.Error.WriteLine($"error: worker: {error.Message}");
            return Unusable;
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
