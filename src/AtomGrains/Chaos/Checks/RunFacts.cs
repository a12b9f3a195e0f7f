using System.Security.Cryptography;
using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;

namespace AtomGrains.Chaos.Checks;

/// <summary>What a run has left in its files, read as anybody would read them.</summary>
/// <param name="Lines">Of the metrics: the history that survived.</param>
/// <param name="GivenUp">Lines of steps that a rollback or a resume gave up.</param>
/// <param name="Ledger">Of the faults, with what has no line.</param>
/// <param name="Views">The register, oldest first.</param>
/// <param name="Report">Null when the last attempt wrote none.</param>
/// <param name="WeightsFileHash">SHA-256 of the weights' file; null where there is none.</param>
internal sealed record RunFacts(
    string Folder,
    RunRecord Record,
    IReadOnlyList<MetricsLine> Lines,
    IReadOnlyList<MetricsLine> GivenUp,
    FaultHistory Ledger,
    IReadOnlyList<(Generation Generation, View View)> Views,
    RunReport? Report,
    string? WeightsFileHash)
{
    /// <param name="folder">The run folder.</param>
    /// <param name="report">Where its report is, if it wrote one.</param>
    /// <exception cref="InvalidDataException">A file is not what it should be.</exception>
    public static RunFacts Read(string folder, string report)
    {
        var register = new FileRegister(folder);
        var weights = Path.Combine(folder, RunFolder.WeightsFileName);
        return new RunFacts(
            folder,
            RunRecord.Read(folder) ?? throw new InvalidDataException($"{folder} holds no {RunRecord.FileName}"),
            Metrics(Path.Combine(folder, RunFolder.MetricsFileName)),
            Metrics(Path.Combine(folder, SurvivingMetrics.GivenUpFileName)),
            FaultHistory.Read(folder),
            [.. register.Generations().Select(generation => (generation, JsonSerializer.Deserialize(register.Read(generation), LocalJson.Default.View)!))],
            File.Exists(report) ? JsonSerializer.Deserialize(File.ReadAllBytes(report), StorageJson.Default.RunReport) : null,
            File.Exists(weights) ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(weights))) : null);
    }

    private static IReadOnlyList<MetricsLine> Metrics(string path) => File.Exists(path) ? JsonLines.Read(path, StorageJson.Default.MetricsLine) : [];
}
