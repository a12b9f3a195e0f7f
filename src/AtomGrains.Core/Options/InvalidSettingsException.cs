namespace AtomGrains.Core.Options;

/// <summary>
/// Settings that cannot be used: all that were found, not only the first. The command line prints them and exits 2.
/// </summary>
public sealed class InvalidSettingsException(IReadOnlyList<SettingError> errors)
    : Exception(string.Join("\n", errors))
{
    public InvalidSettingsException(SettingError error)
        : this([error])
    {
    }

    public IReadOnlyList<SettingError> Errors { get; } = errors;
}
