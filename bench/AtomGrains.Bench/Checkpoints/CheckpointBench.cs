using System.Diagnostics;
using AtomGrains.Azure;
using AtomGrains.Bench.Figures;
using AtomGrains.Bench.Throughput;
using AtomGrains.Node.Storage.Objects;
using Azure.Storage.Blobs.Specialized;

namespace AtomGrains.Bench.Checkpoints;

/// <summary>
/// What checkpoints cost: tokens a second with one every ten steps against none, and a store's rate against a plain
/// copy of the same bytes. Azure's is measured where its connection string is in the environment.
/// </summary>
internal static class CheckpointBench
{
    private const int PartBytes = 8 << 20;
    private const int CopiesAtOnce = 4;

    public static IReadOnlyList<Figure> Measure(BenchOptions options) => [.. SwitchBench.Checkpoints(options), .. Directory(options), .. Azure(options)];

    private static IReadOnlyList<Figure> Directory(BenchOptions options)
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("atomgrains-bench-").FullName;
        try
        {
            return Rates("directory", options, new DirectoryObjectStore(Path.Combine(folder, "store")), (name, parts) =>
            {
                using var file = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
                parts.ToList().ForEach(part => file.Write(part.Span));
                file.Flush(flushToDisk: true);
            });
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    private static IReadOnlyList<Figure> Azure(BenchOptions options)
    {
        if (Environment.GetEnvironmentVariable(AzureStoreName.ConnectionVariable) is not { Length: > 0 } connection)
        {
            return [];
        }

        var name = new AzureStoreName($"bench{Guid.NewGuid():N}", "");
        var container = new global::Azure.Storage.Blobs.BlobContainerClient(connection, name.Container);
        container.Create();
        try
        {
            return Rates("Azure", options, new AzureObjectStore(name, connection), (blob, parts) =>
            {
                // What the client's own Upload does with content of this size.
                var target = container.GetBlockBlobClient(blob);
                var blocks = parts.Select((part, number) => (Id: Convert.ToBase64String(BitConverter.GetBytes(number)), Content: part)).ToList();
                Parallel.ForEach(blocks, new ParallelOptions { MaxDegreeOfParallelism = CopiesAtOnce }, block => target.StageBlock(block.Id, new MemoryStream(block.Content.ToArray())));
                target.CommitBlockList(blocks.Select(block => block.Id));
            });
        }
        finally
        {
            container.Delete();
        }
    }

    private static IReadOnlyList<Figure> Rates(string what, BenchOptions options, IObjectStore store, Action<string, IReadOnlyList<ReadOnlyMemory<byte>>> copy)
    {
        var parts = Enumerable.Range(0, options.Count(16, 4)).Select(seed =>
        {
            var bytes = new byte[PartBytes];
            new Random(seed).NextBytes(bytes);
            return (ReadOnlyMemory<byte>)bytes;
        }).ToList();
        var number = 0;
        var (puts, copies, ratios) = Pairs.Measure(
            options.Count(5, 2),
            () => MegabytesPerSecond(() => store.PutIfAbsent($"put-{number++}", parts)),
            () => MegabytesPerSecond(() => copy($"copy-{number++}", parts)));
        return
        [
            new Figure($"{what}: put", "MB/s", puts),
            new Figure($"{what}: plain copy of the same bytes", "MB/s", copies),
            new Figure($"{what}: ratio of each pair", "ratio", ratios),
        ];

        double MegabytesPerSecond(Action action)
        {
            var started = Stopwatch.GetTimestamp();
            action();
            return parts.Sum(part => (double)part.Length) / 1e6 / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
    }
}
