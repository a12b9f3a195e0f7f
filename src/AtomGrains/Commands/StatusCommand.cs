using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using AtomGrains.Core.Options;
using AtomGrains.Node.Storage;

namespace AtomGrains.Commands;

/// <summary>
/// <c>atom status</c>: what the supervisor last wrote, and whether a supervisor is there at all, which only the
/// folder's lock can tell. Processes that have ended since are shown as <c>gone</c>.
/// </summary>
public static class StatusCommand
{
    private const string Gone = "gone";

    /// <exception cref="InvalidSettingsException">The folder holds no run.</exception>
    public static int Run(string folder, bool json, TextWriter output)
    {
        var (status, running, finished) = Read(folder);
        if (json)
        {
            output.WriteLine(ToJson(status, running, finished));
            return 0;
        }

        var state = running ? "running" : finished ? "finished" : "not running";
        var loss = status.Loss?.ToString("F4", CultureInfo.InvariantCulture) ?? "-";
        output.WriteLine($"{state}  step {status.Step}  loss {loss}  generation {status.Generation}  {Checkpoint(status)}");
        if (running && status.WaitingFor is { } what)
        {
            output.WriteLine($"waiting for {what}");
        }

        if (running && status.Metrics is { } metrics)
        {
            output.WriteLine($"metrics at {metrics}");
        }

        foreach (var device in status.Quarantined ?? [])
        {
            output.WriteLine($"quarantined: {device}");
        }

        foreach (var process in status.Processes)
        {
            var worker = process.Worker is { } number ? $"worker {number}" : "";
            var held = $"lanes {List(process.Lanes)}  partitions {List(process.Partitions)}";
            output.WriteLine($"{process.Pid,8}  {process.Role,-10}  {worker,-11}  {held}  {process.State}{(process.Pid == status.CoordinatorPid ? ", hosts the coordinator" : "")}");
        }

        return 0;
    }

    private static (RunStatus Status, bool Running, bool Finished) Read(string folder)
    {
        try
        {
            var record = RunRecord.Read(folder) ?? throw Refuse(folder, $"holds no run (no {RunRecord.FileName})");
            var running = RunFolderLock.IsHeld(folder);
            var status = RunStatus.Read(folder) ?? new RunStatus { Step = 0, Loss = null, Generation = 0, Processes = [] };
            var processes = status.Processes
                .Select(process => IsAlive(process.Pid) ? process : process with { State = Gone });
            return (status with { Processes = [.. processes] }, running, record.Finished is not null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw Refuse(folder, error.Message);
        }
    }

    private static string ToJson(RunStatus status, bool running, bool finished)
    {
        var node = JsonSerializer.SerializeToNode(status, StorageJson.Default.RunStatus)!.AsObject();
        node.Add("running", running);
        node.Add("finished", finished);
        return node.ToJsonString();
    }

    private static string Checkpoint(RunStatus status) =>
        status.CheckpointStep is { } step ? $"checkpoint of step {step}, {status.Step - step} steps old" : "no checkpoint";

    private static string List(IReadOnlyList<int> numbers) => numbers.Count == 0 ? "-" : string.Join(',', numbers);

    private static bool IsAlive(int pid)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static InvalidSettingsException Refuse(string folder, string reason) =>
        new(new SettingError(RunFolder.Setting, folder, reason));
}
