using AtomGrains.Core.Options;

namespace AtomGrains;

/// <summary>The cluster host that this program references, if it does.</summary>
internal static class ClusterHosts
{
    private const string TypeName = "AtomGrains.Silo.OrleansHost, AtomGrains.Silo";

    /// <summary>What is said where it does not.</summary>
    public const string Missing = "needs a program that references the package AtomGrains.Silo";

    public static IClusterHost? Find() => Type.GetType(TypeName) is { } type ? (IClusterHost?)Activator.CreateInstance(type) : null;

    /// <exception cref="InvalidSettingsException">The program references none.</exception>
    public static IClusterHost Require(string setting, string value) => Find()
        ?? throw new InvalidSettingsException(new SettingError(setting, value, Missing));
}
