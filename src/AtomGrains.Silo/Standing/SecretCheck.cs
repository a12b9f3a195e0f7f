using System.Text;
using AtomGrains.Core.Options;
using AtomGrains.Node.Storage;

namespace AtomGrains.Silo.Standing;

/// <summary>
/// Which secret the silos of a folder of runs have, kept beside the runs as a hash that opens nothing. One with another
/// secret would join, and take devices' places in runs whose nodes hang up on its own: it is refused before it joins.
/// </summary>
internal static class SecretCheck
{
    /// <summary>No run has a name with a dot.</summary>
    public const string FileName = "secret.check";

    /// <summary>What is wrong with a secret, in words; null when it is that of the folder, or there is none yet.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static string? Fault(string runs, ClusterSecret secret)
    {
        var path = Path.Combine(runs, FileName);
        return !File.Exists(path) || File.ReadAllText(path).Trim() == secret.Check ? null
            : $"is another secret than that of the silos whose runs are in {runs}; to change it for all of them, end them all and delete {path}";
    }

    /// <summary>The first silo's secret is that of all later ones.</summary>
    /// <exception cref="InvalidSettingsException">Another one came first, with another secret.</exception>
    public static void Keep(SiloSettings settings)
    {
        var path = Path.Combine(settings.Runs, FileName);
        if (!File.Exists(path))
        {
            DurableFile.TryCreate(path, Encoding.ASCII.GetBytes(settings.Secret.Check + "\n"));
        }

        if (Fault(settings.Runs, settings.Secret) is { } fault)
        {
            throw new InvalidSettingsException(new SettingError(SiloKeys.SecretFile.Flag, "", fault));
        }
    }
}
