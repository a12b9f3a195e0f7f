namespace AtomGrains.Commands.Options;

/// <summary>
/// One thing a user can set, by the same name everywhere: <c>--global-batch</c>, <c>ATOMGRAINS_GLOBAL_BATCH</c>,
/// and <c>global-batch</c> in the YAML file.
/// </summary>
/// <param name="Name">Without the dashes.</param>
/// <param name="ValueName">What help calls the value, such as <c>N</c>.</param>
/// <param name="Help">One sentence, with unit and consequence.</param>
/// <param name="Default">As it would be typed; null when there is none.</param>
public sealed record Setting(string Name, string ValueName, string Help, string? Default = null)
{
    /// <summary>True for a setting that is on when named without a value.</summary>
    public bool IsSwitch { get; init; }

    /// <summary>True when it may be given several times.</summary>
    public bool IsList { get; init; }

    /// <summary>True for what only the environment may hold: files and command lines are read by more than they should be.</summary>
    public bool IsSecret { get; init; }

    public string Flag => "--" + Name;

    public string Variable => "ATOMGRAINS_" + Name.Replace('-', '_').ToUpperInvariant();
}
