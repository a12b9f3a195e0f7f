namespace AtomGrains.Silo.Standing;

/// <summary>Whether a folder takes what is written there and gives it back.</summary>
internal static class VolumeProbe
{
    /// <summary>What a probe's file begins with; nothing else in a folder of runs begins with a dot.</summary>
    public const string Prefix = ".probe-";

    private const int Bytes = 64;

    /// <returns>What is wrong, in words; null when nothing is. Leaves nothing behind.</returns>
    public static string? Run(string folder)
    {
        var path = Path.Combine(folder, $"{Prefix}{Guid.NewGuid():N}");
        var written = new byte[Bytes];
        Random.Shared.NextBytes(written);
        try
        {
            using (var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(written);
                stream.Flush(flushToDisk: true);
            }

            var read = File.ReadAllBytes(path);
            File.Delete(path);
            return read.AsSpan().SequenceEqual(written) ? null : "what was written is not what is read";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error.Message;
        }
    }
}
