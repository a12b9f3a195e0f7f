using AtomGrains.Core.Data;
using AtomGrains.Core.Options;
using AtomGrains.Local.Audit;
using AtomGrains.Node.Storage;

namespace AtomGrains.Commands;

/// <summary><c>atom audit</c>: whether a run has taken every sample exactly once, epoch by epoch, also while it goes on.</summary>
public static class AuditCommand
{
    /// <returns>0 when it has, 1 when it has not.</returns>
    /// <exception cref="InvalidSettingsException">The folder holds no run that can be read.</exception>
    public static int Run(string folder, TextWriter output)
    {
        try
        {
            var record = RunRecord.Read(folder) ?? throw Refuse(folder, $"holds no run (no {RunRecord.FileName})");
            var result = RunAudit.Of(folder, record, epoch => output.WriteLine(Text(epoch, "exactly once")));
            if (result.Wrong is { } wrong)
            {
                output.WriteLine($"not so: {wrong}");
                return 1;
            }

            if (result.Last.Committed + result.Last.Skipped > 0)
            {
                output.WriteLine(Text(result.Last, "so far, none of them twice"));
            }

            var history = result.Lineages > 1 ? $" of the last of {result.Lineages} histories; {result.Voided} steps of the others are void" : "";
            output.WriteLine(FormattableString.Invariant($"{result.Steps} steps{history}: every sample was taken exactly once"));
            return 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw Refuse(folder, error.Message);
        }
    }

    private static string Text(EpochAudit epoch, string how)
    {
        var skipped = epoch.Skipped > 0 ? $", {epoch.Skipped} in steps that were skipped and are named in {RunFolder.FaultsFileName}" : "";
        return FormattableString.Invariant($"epoch {epoch.Epoch}: {epoch.Committed} of {epoch.Samples} samples committed{skipped}; {how}");
    }

    private static InvalidSettingsException Refuse(string folder, string reason) => new(new SettingError(RunFolder.Setting, folder, reason));
}
