using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.EndToEnd.Tests.Runs;

/// <summary>A dataset several times larger than what a process may have.</summary>
public sealed class LargeDataTests : IDisposable
{
    private const int TextBytes = 64 << 20;
    private const long HeapLimit = 24 << 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-large-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ATextFarLargerThanTheHeapIsTokenizedAndTrainedOnInTheMemoryOfASmallOne()
    {
        var small = await Train(TestText.Path, "small");
        var large = await Train(Write(), "large");

        // 64 MiB of text are 128 MiB of tokens; neither is in any process, mapped or not.
        Assert.Equal(2L * TextBytes, new FileInfo(Path.Combine(_folder, "large", "tokens.bin")).Length);
        foreach (var role in new[] { "supervisor", "node" })
        {
            var (less, more) = ((long)small["peak_rss_bytes"]![role]!, (long)large["peak_rss_bytes"]![role]!);
            Assert.True(more - less < TextBytes / 4, $"{role}: {less} bytes with the small text, {more} with the large one");
        }

        Assert.Equal(20, (long)large["steps_committed"]!);
    }

    private async Task<JsonNode> Train(string data, string name)
    {
        var report = Path.Combine(_folder, $"{name}.json");
        var info = AtomProgram.StartInfo(
        [
            "train", "--data", data, "--out", Path.Combine(_folder, name), "--report", report, "--steps", "20", "--workers", "2", "--pause-after", "60",
            "--layers", "1", "--width", "32", "--heads", "1", "--context", "64", "--lanes", "4", "--global-batch", "8", "--eval-batches", "2", "--block-elements", "1024",
        ]);
        info.Environment["DOTNET_GCHeapHardLimit"] = $"0x{HeapLimit:x}";
        using var process = Process.Start(info)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await output + await errors);
        return JsonNode.Parse(await File.ReadAllTextAsync(report))!;
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
