using System.Diagnostics;
using System.Text;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Tests.Storage;

public sealed class FileRegisterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AGenerationIsTakenOnce()
    {
        var register = new FileRegister(_folder.Path);
        Assert.True(register.TryCreate(new Generation(1), "first"u8.ToArray()));
        Assert.False(register.TryCreate(new Generation(1), "second"u8.ToArray()));
        Assert.Equal("first", Encoding.UTF8.GetString(register.Read(new Generation(1))));
    }

    [Fact]
    public void TheNewestIsTheHighestNumberNotTheLastName()
    {
        var register = new FileRegister(_folder.Path);
        Assert.Null(register.Newest());
        foreach (var generation in new long[] { 9, 10, 2 })
        {
            Assert.True(register.TryCreate(new Generation(generation), Encoding.UTF8.GetBytes($"{generation}")));
        }

        Assert.Equal(new Generation(10), register.Newest()!.Value.Generation);
        Assert.Equal("10", Encoding.UTF8.GetString(register.Newest()!.Value.Record));
        Assert.Equal([2, 9, 10], register.Generations().Select(generation => generation.Value));
    }

    [Fact]
    public void OfManyWhoRaceForAGenerationExactlyOneWinsAndItsRecordStands()
    {
        const int racers = 8;
        const int rounds = 50;
        using var barrier = new Barrier(racers);
        var wins = new List<int>[rounds];
        Array.ForEach(Enumerable.Range(0, rounds).ToArray(), round => wins[round] = []);
        var threads = Enumerable.Range(0, racers).Select(racer => new Thread(() =>
        {
            var register = new FileRegister(_folder.Path);
            for (var round = 0; round < rounds; round++)
            {
                barrier.SignalAndWait();
                if (register.TryCreate(new Generation(round + 1), Record(racer)))
                {
                    lock (wins)
                    {
                        wins[round].Add(racer);
                    }
                }
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        var stored = new FileRegister(_folder.Path);
        for (var round = 0; round < rounds; round++)
        {
            Assert.Equal(Record(Assert.Single(wins[round])), stored.Read(new Generation(round + 1)));
        }

        Assert.Equal(rounds, Directory.GetFiles(_folder.File(FileRegister.FolderName)).Length);
    }

    [Fact]
    public void OtherProcessesAreExcludedByTheSameLink()
    {
        // ln(1) makes the same link(2): processes of another kind race with this one for the same names.
        const int rounds = 20;
        _folder.Write("rival", "rival"u8.ToArray());
        var register = new FileRegister(_folder.Path);
        var script = $"for i in $(seq 1 {rounds}); do ln rival views/$i.json 2>/dev/null && echo $i; done; true";
        using var rival = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { WorkingDirectory = _folder.Path, RedirectStandardOutput = true })!;
        var ours = Enumerable.Range(1, rounds).Reverse().Where(round => register.TryCreate(new Generation(round), "ours"u8.ToArray())).ToArray();
        var theirs = rival.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToArray();
        rival.WaitForExit();
        Assert.Equal(Enumerable.Range(1, rounds), ours.Concat(theirs).Order());
        Assert.All(ours, round => Assert.Equal("ours", Encoding.UTF8.GetString(register.Read(new Generation(round)))));
        Assert.All(theirs, round => Assert.Equal("rival", Encoding.UTF8.GetString(register.Read(new Generation(round)))));
    }

    [Fact]
    public void WhatAKilledWriterLeftIsNoRecord()
    {
        var register = new FileRegister(_folder.Path);
        _folder.Write($"{FileRegister.FolderName}/.tmp-77-dead", "half"u8.ToArray());
        _folder.Write($"{FileRegister.FolderName}/note.json", "x"u8.ToArray());
        Assert.Null(register.Newest());
        Assert.True(register.TryCreate(new Generation(1), "whole"u8.ToArray()));
    }

    [Fact]
    public void GenerationZeroIsNone() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new FileRegister(_folder.Path).TryCreate(Generation.None, "x"u8.ToArray()));

    /// <summary>Long enough to be torn by a writer that is not atomic.</summary>
    private static byte[] Record(int racer) => [.. Enumerable.Repeat((byte)('a' + racer), 10_000)];
}
