using System.Security.Cryptography;
using System.Text;
using AtomGrains.Core.Options;
using AtomGrains.Node.Storage;

namespace AtomGrains.Silo.Standing;

/// <summary>
/// Whether this silo has the secret and the volume of its cluster, by a record beside the membership that its first silo
/// left: a silo with another one would join, and nodes would hang up on its own, or the catalog of runs would live where
/// there are none. It is refused before it takes part in anything, and has written nothing.
/// </summary>
internal static class ClusterCheck
{
    /// <summary>By which a folder of runs is known wherever it is mounted. No run has a name with a dot.</summary>
    public const string VolumeFile = "volume.id";

    private const int VolumeIdBytes = 16;

    /// <exception cref="InvalidSettingsException">The cluster has another secret, or its runs elsewhere.</exception>
    public static async Task KeepAsync(SiloSettings settings)
    {
        var record = settings.Connection.Record;
        if (await record.ReadAsync().ConfigureAwait(false) is not { } stands)
        {
            DurableFile.TryCreate(Path.Combine(settings.Runs, VolumeFile), Encoding.ASCII.GetBytes($"{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(VolumeIdBytes))}\n"));
            await record.CreateAsync($"{settings.Secret.Check} {VolumeOf(settings.Runs)}").ConfigureAwait(false);
            stands = await record.ReadAsync().ConfigureAwait(false) ?? throw new IOException($"{record.Place} was deleted while silos start");
        }

        var faults = Faults(settings, record.Place, stands).ToList();
        if (faults.Count > 0)
        {
            throw new InvalidSettingsException(faults);
        }

        SecretCheck.Keep(settings);
    }

    private static IEnumerable<SettingError> Faults(SiloSettings settings, string place, string stands)
    {
        var cluster = settings.Connection.ClusterId;
        var (check, volume) = stands.Split(' ') is [var first, var second] ? (first, second) : ("", "");
        if (check != settings.Secret.Check)
        {
            yield return new SettingError(SiloKeys.SecretFile.Flag, "", $"is another secret than that of cluster {cluster}; to change it for all silos, end them all and delete {place}");
        }
        else if (volume != VolumeOf(settings.Runs))
        {
            yield return new SettingError(
                SiloKeys.Runs.Flag, settings.Runs, $"is not the folder in which cluster {cluster} has its runs: it lacks that one's {VolumeFile}; to give the cluster another, end all silos and delete {place}");
        }
    }

    private static string? VolumeOf(string runs)
    {
        var path = Path.Combine(runs, VolumeFile);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
    }
}
