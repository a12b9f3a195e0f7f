using System.Text;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Storage;

namespace AtomGrains.EndToEnd.Tests.Security;

/// <summary>The run's secret stands in one file that only its owner reads, for as long as the run goes, and nowhere else.</summary>
public sealed class SecretTests
{
    [Fact]
    public Task NeitherLogsNorLedgerNorManifestsNorCommandLinesHoldTheRunsSecret() => LongEnough.Run(Spec.Medium, async spec =>
    {
        const string Order = "kill:worker=1@step=40/push";
        using var run = TrainProcess.Start(spec, workers: 3, [Order], ["--checkpoint-every", "20", "--metrics-port", "0"]);
        await run.Trains(3, step: 3);
        var secret = SupervisorPost.Read(run.Folder)!.Secret;
        var seen = run.Processes().SelectMany(process => File.ReadAllBytes($"/proc/{process}/cmdline").Concat(File.ReadAllBytes($"/proc/{process}/environ"))).ToArray();
        var finished = await run.Finish();

        await finished.EqualsTheCalmRun();
        finished.Fault("kill", 1, Order);
        Assert.Equal(64, secret.Length);
        Assert.False(Holds(seen, secret), "a process shows it to whoever lists processes");
        Assert.False(Holds(Encoding.UTF8.GetBytes($"{finished.Output}{finished.Errors}{finished.Report}"), secret), "it was printed");
        var files = Directory.EnumerateFiles(run.Folder, "*", SearchOption.AllDirectories).ToList();
        Assert.Contains(files, file => file.EndsWith(".log", StringComparison.Ordinal));
        Assert.Contains(files, file => file.Contains("checkpoints", StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => Holds(File.ReadAllBytes(file), secret));
    });

    // As its hexadecimal digits in either case, and as the bytes that they stand for.
    private static bool Holds(byte[] content, string secret) =>
        content.AsSpan().IndexOf(Encoding.ASCII.GetBytes(secret.ToLowerInvariant())) >= 0
        || content.AsSpan().IndexOf(Encoding.ASCII.GetBytes(secret.ToUpperInvariant())) >= 0
        || content.AsSpan().IndexOf(Convert.FromHexString(secret)) >= 0;
}
