using System.Security.Cryptography;

namespace StartRun;

/// <summary>Fetches the weights piece by piece; the file is there when all of it is, and is what the cluster has.</summary>
internal static class WeightsExport
{
    /// <returns>The hash of the file.</returns>
    /// <exception cref="ClientException">The run has no weights yet, or the file cannot be written.</exception>
    public static async Task<string> WriteAsync(Cluster cluster, string name, FileInfo file, CancellationToken cancellation)
    {
        if (file.Directory is not { Exists: true } || Directory.Exists(file.FullName))
        {
            throw new ClientException($"--out {file}: must be a file in a folder that exists");
        }

        var run = await cluster.FindAsync(name);
        var weights = await cluster.DescribeWeightsAsync(name) ?? throw new ClientException($"run {name} has no weights: it is {run.State}, at step {run.Step} of {run.Steps}");
        var temporary = $"{file.FullName}.{Guid.NewGuid():N}.part";
        try
        {
            var sha256 = await FetchAsync(cluster, name, weights.Bytes, temporary, cancellation);
            if (sha256 != weights.Sha256)
            {
                throw new ClientException($"what came has sha256 {sha256}, the run's weights {weights.Sha256}: nothing was written");
            }

            File.Move(temporary, file.FullName, overwrite: true);
            return sha256;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ClientException($"--out {file}: cannot be written: {error.Message}");
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static async Task<string> FetchAsync(Cluster cluster, string name, long bytes, string path, CancellationToken cancellation)
    {
        await using var file = File.Create(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (file.Position < bytes)
        {
            cancellation.ThrowIfCancellationRequested();
            var piece = await cluster.ReadWeightsAsync(name, file.Position);
            if (piece.Length == 0)
            {
                throw new ClientException($"the weights of run {name} became shorter while they were read");
            }

            hash.AppendData(piece);
            await file.WriteAsync(piece, cancellation);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
