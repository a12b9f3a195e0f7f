using System.Text.Json;
using AtomGrains.Core.Runs;

namespace AtomGrains.Node.Storage;

/// <summary>
/// <c>run.json</c>: which run a folder holds. Written when the run begins and once more when it is finished.
/// </summary>
public sealed record RunRecord
{
    public const string FileName = "run.json";
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    /// <summary><see cref="RunSpecIdentity.Hash"/> of <see cref="Spec"/>.</summary>
    public required string SpecHash { get; init; }

    public required string DataHash { get; init; }

    /// <summary>
    /// What must be alike for bits to be alike, besides the spec: device kind, libtorch, BLAS, CPU capability.
    /// </summary>
    public required string BitsClass { get; init; }

    /// <summary>SHA-256 of the assembly that the run has its job from, 64 hexadecimal digits; null in older records.</summary>
    public string? Program { get; init; }

    /// <summary>Versions for the reader: of AtomGrains, .NET, libtorch, the system.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    /// <summary>What the run was computed by before, oldest first; null for one that has had one environment.</summary>
    public IReadOnlyList<FormerEnvironment>? Formerly { get; init; }

    /// <summary>Length of the flat parameter vector, which only a tensor engine knows; null in older records.</summary>
    public int? Elements { get; init; }

    public required DateTimeOffset Started { get; init; }

    /// <summary>Null until the final weights are written.</summary>
    public DateTimeOffset? Finished { get; init; }

    public required RunSpec Spec { get; init; }

    public static RunRecord Of(RunSpec spec, string bitsClass, IReadOnlyDictionary<string, string> versions, DateTimeOffset started) => new()
    {
        SpecHash = RunSpecIdentity.Hash(spec),
        DataHash = spec.Data.Hash,
        BitsClass = bitsClass,
        Versions = versions,
        Started = started,
        Spec = spec,
    };

    /// <summary>What would compute this run now and may compute other bits than what it began with, field by field; the spec aside.</summary>
    public IReadOnlyList<string> EnvironmentDifferences(RunRecord now)
    {
        var differences = new List<string>();
        if (BitsClass != now.BitsClass)
        {
            differences.Add($"bits_class is {BitsClass} there and {now.BitsClass} here");
        }

        if (Program is { } before && before != now.Program)
        {
            // The same sources are built to the same file: another file is another job, or another version of it.
            var what = Spec.Job == RunSpec.OwnJob ? "another build of AtomGrains" : $"another build of the job {Spec.Job}";
            differences.Add($"program is {Short(before)} there and {Short(now.Program)} here: {what}");
        }

        return differences;
    }

    // Enough to tell two builds apart, and to find one in a list of hashes.
    private static string Short(string? hash) => hash is null ? "unknown" : hash[..Math.Min(hash.Length, 12)];

    /// <summary>This run from now on: as it began, but for what may change on the way.</summary>
    public RunRecord GoingOnAs(RunRecord now)
    {
        var spec = Spec with { Partitions = now.Spec.Partitions };
        return this with { Spec = spec, SpecHash = RunSpecIdentity.Hash(spec), BitsClass = now.BitsClass, Program = now.Program, Versions = now.Versions, Elements = now.Elements };
    }

    /// <returns>Null when the folder holds no run.</returns>
    /// <exception cref="InvalidDataException">The file is not a run record that this version can read.</exception>
    public static RunRecord? Read(string folder)
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, FileName)), StorageJson.Default.RunRecord);
            return record is { Format: CurrentFormat, Spec: not null }
                ? record
                : throw new InvalidDataException($"{FileName}: format {record?.Format}; this version reads {CurrentFormat}");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{FileName}: {error.Message}", error);
        }
    }

    public void Write(string folder) =>
        DurableFile.Write(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, StorageJson.Indented.RunRecord));
}
