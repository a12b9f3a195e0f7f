using System.Security.Cryptography;
using AtomGrains.Grains.Wire;
using AtomGrains.Node.Storage;

namespace AtomGrains.Grains.Runs;

/// <summary>Reads the weights of a finished run from its folder, which each silo sees.</summary>
public sealed class WeightsGrain(ISiloRuns runs) : Grain, IWeightsGrain
{
    private string File => Path.Combine(
        runs.Find(this.GetPrimaryKeyString())?.Plan.Folder ?? throw new InvalidOperationException($"there is no run {this.GetPrimaryKeyString()} here"),
        RunFolder.WeightsFileName);

    public async Task<WeightsFileInfo?> Describe()
    {
        if (RunEnd.Read(Path.GetDirectoryName(File)!) is not { Stopped: null })
        {
            return null;
        }

        await using var file = System.IO.File.OpenRead(File);
        return new WeightsFileInfo(file.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(file)));
    }

    public async Task<WeightsPiece> Read(long offset)
    {
        await using var file = System.IO.File.OpenRead(File);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, file.Length);
        file.Position = offset;
        var piece = new byte[Math.Min(WeightsPiece.MostBytes, file.Length - offset)];
        await file.ReadExactlyAsync(piece);
        return new WeightsPiece(piece);
    }
}
