using AtomGrains.Core.Options;
using AtomGrains.Node.Storage;

namespace AtomGrains.Proofs;

/// <summary>A run as its folder tells it, for who checks it.</summary>
internal static class RecordedRun
{
    /// <param name="setting">By which the user named the folder.</param>
    /// <exception cref="InvalidSettingsException">It holds no run, or one that has recorded no step.</exception>
    public static (RunRecord Record, SurvivingHistory History) Read(string setting, string folder)
    {
        try
        {
            var record = RunRecord.Read(folder) ?? throw Refuse(setting, folder, $"holds no run (no {RunRecord.FileName})");
            var history = SurvivingHistory.Read(folder);
            return history.Lines.Count > 0 ? (record, history) : throw Refuse(setting, folder, "holds a run that has recorded no step");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw Refuse(setting, folder, error.Message);
        }
    }

    public static InvalidSettingsException Refuse(string setting, string folder, string reason) => new(new SettingError(setting, folder, reason));
}
