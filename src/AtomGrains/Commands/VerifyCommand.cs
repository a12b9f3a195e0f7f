using System.Diagnostics;
using System.Text.Json;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;
using AtomGrains.Local;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Storage;
using AtomGrains.Proofs;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Commands;

/// <summary>
/// <c>atom replay</c> and <c>atom verify</c>: check what was asked for against the run, then have a child compute it on one
/// device. The run folder is only read, so both may be asked while the run goes on.
/// </summary>
internal static class VerifyCommand
{
    public const string StepFlag = "--step";
    public const string LaneFlag = "--lane";
    public const string FromFlag = "--from";
    public const string ToFlag = "--to";

    /// <param name="store">Of its checkpoints; null for the one that the run was given.</param>
    /// <param name="lane">Null for the whole step.</param>
    /// <exception cref="InvalidSettingsException">The folder holds no run, or not this step or lane, or the store is none.</exception>
    public static int Replay(string folder, string? store, long step, int? lane, string device)
    {
        var (record, history) = Read(folder, device);
        RequireStep(StepFlag, step, 0, history.LastStep);
        if (lane is { } number && (number < 0 || number >= record.Spec.Lanes))
        {
            throw new InvalidSettingsException(new SettingError(LaneFlag, $"{number}", $"must be from 0 to {record.Spec.Lanes - 1}: the run has {record.Spec.Lanes} lanes"));
        }

        return Compute(record, new RecomputeOrders(Path.GetFullPath(folder), StoreOf(folder, store), device, step, step, IsReplay: true, lane));
    }

    /// <param name="store">Of its checkpoints; null for the one that the run was given.</param>
    /// <param name="to">Null for the last step there is.</param>
    /// <exception cref="InvalidSettingsException">The folder holds no run, or not these steps, or the store is none.</exception>
    public static int Verify(string folder, string? store, long from, long? to, string device)
    {
        var (record, history) = Read(folder, device);
        RequireStep(FromFlag, from, 0, history.LastStep);
        var last = to ?? history.LastStep;
        RequireStep(ToFlag, last, from, history.LastStep);
        return Compute(record, new RecomputeOrders(Path.GetFullPath(folder), StoreOf(folder, store), device, from, last, IsReplay: false, null));
    }

    private static int Compute(RunRecord record, RecomputeOrders orders)
    {
        var info = OwnProgram.StartInfo(WorkerEnvironment.Variables(record.Spec.ThreadsPerWorker), RecomputeCommand.Name);
        info.RedirectStandardInput = true;
        using var child = Process.Start(info)!;
        OwnProgram.Tell(child, orders, RecomputeJson.Default.RecomputeOrders);
        child.WaitForExit();
        return child.ExitCode;
    }

    private static string StoreOf(string folder, string? given)
    {
        var errors = new List<SettingError>();
        var store = given ?? SavedSettings.Read(folder, errors).GetValueOrDefault(Settings.Store)?.Text;
        if (store is not null && ObjectStores.Fault(store) is { } fault)
        {
            errors.Add(new SettingError(Settings.Store.Flag, store, fault));
        }

        return errors.Count == 0 ? CheckpointSettings.Absolute(new CheckpointPlan { Store = store }.StoreFor(folder)) : throw new InvalidSettingsException(errors);
    }

    private static void RequireStep(string flag, long step, long least, long most)
    {
        if (step < least || step > most)
        {
            throw new InvalidSettingsException(new SettingError(flag, $"{step}", $"must be from {least} to {most}, the last step that the run has recorded"));
        }
    }

    private static (RunRecord Record, SurvivingHistory History) Read(string folder, string device)
    {
        var errors = DevicePresence.Errors(device, DevicePresence.OfThisMachine).ToList();
        if (errors.Count > 0)
        {
            throw new InvalidSettingsException(errors);
        }

        var (record, history) = RecordedRun.Read(RunFolder.Setting, folder);
        var hole = Enumerable.Range(0, history.Lines.Count).FirstOrDefault(step => !history.Lines.ContainsKey(step), -1);
        return hole < 0 ? (record, history) : throw RecordedRun.Refuse(RunFolder.Setting, folder, $"has no line of step {hole} in {RunFolder.MetricsFileName}");
    }
}
