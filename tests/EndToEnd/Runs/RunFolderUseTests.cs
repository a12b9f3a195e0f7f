using System.Net;
using System.Net.Sockets;
using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.EndToEnd.Tests.Runs;

/// <summary>Folders, ports and disks that cannot be used: one line that names the setting, and nothing is broken by it.</summary>
public sealed class RunFolderUseTests
{
    private const int Stopped = 1;
    private const int BadInput = 2;

    [Fact]
    public Task AFolderServesOneRunOnceAndNoOther() => LongEnough.Run(Spec.Medium, async spec =>
    {
        var folder = TrainProcess.NewFolder();
        try
        {
            using var first = TrainProcess.Start(spec, workers: 2, folder: folder);
            await first.Trains(2);
            var refused = await Train(spec, folder);
            var finished = await first.Finish();
            finished.LastedUntil("a second run", !refused.Errors.Contains("holds this run, finished at ", StringComparison.Ordinal));
            Refused(refused, $"error: --out {folder}: run folder in use by process {first.Pid}; ");
            await finished.EqualsTheCalmRun();

            Refused(await Train(spec, folder), $"error: --out {folder}: holds this run, finished at ");
            Refused(await Train(spec.With("--seed", "7"), folder), $"error: --out {folder}: holds another run (seed is 1337 there and 7 here); ");
        }
        finally
        {
            TrainProcess.Remove(folder);
        }
    });

    [Fact]
    public async Task ATakenPortIsRefusedBeforeAnythingIsWritten()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var folder = TrainProcess.NewFolder();
        try
        {
            Refused(await Train(Spec.Short, folder, "--port", $"{port}"), $"error: --port {port}: is in use by another process; ");
            Assert.False(Directory.Exists(folder));
        }
        finally
        {
            TrainProcess.Remove(folder);
        }
    }

    [Fact]
    public async Task AnAddressOfAnotherMachineIsRefusedBeforeAnythingIsWritten()
    {
        // Of a range that RFC 5737 keeps for documentation: no machine has it.
        var folder = TrainProcess.NewFolder();
        try
        {
            Refused(await Train(Spec.Short, folder, "--listen", "203.0.113.1"), "error: --listen 203.0.113.1: cannot be listened on (AddressNotAvailable); ");
            Assert.False(Directory.Exists(folder));
        }
        finally
        {
            TrainProcess.Remove(folder);
        }
    }

    [FactWithSmallDisk]
    public async Task ADiskThatIsTooSmallIsRefused()
    {
        using var disk = new SmallDisk(mebibytes: 1);
        Refused(await Train(Spec.Short, disk.Folder), $"error: --out {disk.Folder}: needs ", " and has 1 MiB free; ");
        Assert.Empty(Directory.EnumerateFileSystemEntries(disk.Folder));
    }

    [FactWithSmallDisk]
    public async Task ADiskThatHoldsTheRunButNotItsCheckpointsIsRefused()
    {
        // The run needs some 5 MiB, and its checkpoints some more and a reserve of 4.
        using var disk = new SmallDisk(mebibytes: 7);
        var beside = disk.Folder + "-of-the-run";
        Refused(await Train(Spec.Short, disk.Folder), $"error: --out {disk.Folder}: needs ", " and has 7 MiB free; ");
        Refused(await Train(Spec.Short, beside, "--store", Path.Combine(disk.Folder, "store"), "--keep", "100", "--checkpoint-every", "1"), $"error: --store {disk.Folder}/store: needs ", " and has 7 MiB free; ");
        Assert.Empty(Directory.EnumerateFileSystemEntries(disk.Folder));
        Assert.False(Directory.Exists(beside));
    }

    [FactWithSmallDisk]
    public async Task ADiskThatFillsUpEndsTheRunWithTheReason()
    {
        using var disk = new SmallDisk(mebibytes: 12);
        using var run = TrainProcess.Start(Spec.Medium, workers: 2, folder: disk.Folder);
        await run.Trains(2, step: 2);
        disk.Fill();
        var finished = await run.Finish();
        Assert.True(finished.ExitCode == Stopped, finished.ToString());
        Assert.StartsWith("the run stopped: No space left on device", OneError(finished, "the run stopped: "), StringComparison.Ordinal);
    }

    [Fact]
    public Task WeightsThatNobodyCanWriteEndTheRunWithTheReason() => LongEnough.Run(Spec.Short, async spec =>
    {
        // A folder of that name cannot be replaced by a file. Every process that tries fails, and its successors would.
        using var run = TrainProcess.Start(spec, workers: 2);
        await run.Shows("a process that starts", status => status.Nodes.Count > 0);
        Directory.CreateDirectory(Path.Combine(run.Folder, "model.safetensors"));
        var finished = await run.Finish();
        finished.LastedUntil("a folder in the weights' place", finished.ExitCode != 0);
        Assert.True(finished.ExitCode == Stopped, finished.ToString());
        Assert.Matches($"^the run stopped: 6 worker processes failed at step {spec.Steps}, the last with [A-Za-z]+Exception: ", OneError(finished, "the run stopped: "));
        // The devices are sound, and none is checked or given up for it.
        Assert.All(finished.FaultKinds, kind => Assert.Equal("crash", kind));
    });

    private static string OneError(FinishedRun finished, string start)
    {
        Assert.DoesNotContain("   at ", finished.Errors, StringComparison.Ordinal);
        return Assert.Single(finished.Errors.TrimEnd().Split('\n'), text => text.StartsWith(start, StringComparison.Ordinal));
    }

    private static Task<Ended> Train(Spec spec, string folder, params string[] options) =>
        AtomProgram.Run(["train", "--out", folder, "--workers", "2", .. spec.Arguments, .. options]);

    private static void Refused(Ended ended, string start, string words = "")
    {
        var error = Assert.Single(ended.Errors.TrimEnd().Split('\n'), line => line.StartsWith("error: ", StringComparison.Ordinal));
        Assert.StartsWith(start, error, StringComparison.Ordinal);
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Equal(BadInput, ended.ExitCode);
    }
}
