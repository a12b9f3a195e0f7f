using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.EndToEnd.Tests.Runs;

/// <summary>A dataset larger than the memory that any process of its run may have, by the kernel's own limit.</summary>
public sealed class LargeDataTests : IDisposable
{
    private const int TextBytes = 320 << 20;

    // Of memory that a process can write to. A worker has 410 MB of it with a small text: the tensor engine's data, heaps that
    // are mapped and not used, and the stacks of its threads, which are made small here.
    private const long LimitBytes = 480 << 20;
    private const int StackBytes = 1 << 20;
    private const long CacheBytes = 16_000_000;

    private static readonly string[] Limited = ["prlimit", $"--data={LimitBytes}", $"--stack={StackBytes}"];

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-large-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ATextLargerThanTheMemoryLimitIsTokenizedAndTrainedOnWithinIt()
    {
        var report = Path.Combine(_folder, "report.json");
        var trained = await Run(AtomProgram.StartInfo(
        [
            "train", "--data", Write(), "--out", Path.Combine(_folder, "run"), "--report", report, "--steps", "40", "--workers", "2", "--pause-after", "60",
            "--layers", "1", "--width", "32", "--heads", "1", "--context", "64", "--lanes", "4", "--global-batch", "8", "--eval-batches", "2", "--block-elements", "1024",
            "--shard-cache", $"{CacheBytes}",
        ], Limited));
        Assert.True(trained.ExitCode == 0, trained.Output + trained.Errors);
        var said = JsonNode.Parse(await File.ReadAllTextAsync(report))!;
        Assert.Equal(40, (long)said["steps_committed"]!);

        var (sent, read) = ((long)said["samples_from_holders"]!, (long)said["samples_from_file"]!);
        Assert.True(sent > read, $"{sent} samples came from holders of shards, {read} from the file");

        // The limit is one: under it nobody can hold the tokens whole, and without it anybody can.
        var tokens = Path.Combine(_folder, "run", "tokens.bin");
        Assert.Equal(2L * TextBytes, new FileInfo(tokens).Length);
        string[] whole = ["dd", $"if={tokens}", "of=/dev/null", $"bs={2L * TextBytes}", "count=1"];
        Assert.NotEqual(0, (await Run(Captured([.. Limited, .. whole]))).ExitCode);
        Assert.Equal(0, (await Run(Captured(whole))).ExitCode);
    }

    private static ProcessStartInfo Captured(string[] command) => new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };

    private static async Task<Ended> Run(ProcessStartInfo info)
    {
        using var process = Process.Start(info)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Ended(process.ExitCode, await output, await errors);
    }

    private string Write()
    {
        var path = Path.Combine(_folder, "text.txt");
        var piece = Encoding.UTF8.GetBytes(File.ReadAllText(TestText.Path)).AsSpan(0, 1 << 16).ToArray();
        using var file = File.Create(path);
        for (var written = 0; written < TextBytes; written += piece.Length)
        {
            file.Write(piece);
        }

        return path;
    }
}
