using System.Diagnostics;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Tests.Storage;

/// <summary>What a run folder says of the processes of its run, for who comes after them.</summary>
public sealed class RollTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AProcessThatHasEndedIsNotAliveThoughItsParentHasNotTakenNoteOfIt()
    {
        // A shell that becomes a sleeper, whose own child has ended unnoticed.
        using var parent = Process.Start(new ProcessStartInfo("sh", ["-c", "sh -c 'echo $$' & exec sleep 60"]) { RedirectStandardOutput = true })!;
        var child = int.Parse(parent.StandardOutput.ReadLine()!);
        var identity = ProcessIdentity.Of(parent.Id)!;
        SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{child}/stat").Contains(") Z ", StringComparison.Ordinal), TimeSpan.FromSeconds(30));
        Assert.True(File.Exists($"/proc/{child}/stat"));
        Assert.Null(ProcessIdentity.Of(child));
        Assert.True(identity.IsAlive);
        parent.Kill();
        parent.WaitForExit();
        Assert.False(identity.IsAlive);
    }

    [Theory]
    [InlineData("exit 70", 70)]
    [InlineData("kill -SEGV $$", 128 + 11)]
    [InlineData("kill -KILL $$", 128 + 9)]
    [InlineData("exit 0", null)]
    public void WhoIsNotItsParentSeesHowAProcessEndedUntilItsParentHasAsked(string how, int? exitCode)
    {
        using var parent = Process.Start(new ProcessStartInfo("sh", ["-c", $"exec 3<&0; sh -c 'echo $$; read go <&3; {how}' & exec sleep 60"]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        var child = int.Parse(parent.StandardOutput.ReadLine()!);
        var identity = ProcessIdentity.Of(child)!;
        Assert.Null(identity.ExitCodeLeft);
        parent.StandardInput.WriteLine("go");
        Assert.True(SpinWait.SpinUntil(() => !identity.IsAlive, TimeSpan.FromSeconds(30)), "the child lives");
        Assert.Equal(exitCode, identity.ExitCodeLeft);
        Assert.Null((identity with { Start = "another boot 17" }).ExitCodeLeft);
        parent.Kill();
        parent.WaitForExit();
    }

    [Fact]
    public void ANodesLastWordsAreKeptAndOnlyTheFirst()
    {
        Assert.Null(LastWords.Read(_folder.Path, new NodeId(3)));
        new LastWords(70, "no device").Write(_folder.Path, new NodeId(3));
        new LastWords(71, null).Write(_folder.Path, new NodeId(3));
        Assert.Equal(new LastWords(70, "no device"), LastWords.Read(_folder.Path, new NodeId(3)));
    }

    [Fact]
    public void AProcessThatGotTheIdOfAnEarlierOneIsAnother()
    {
        Assert.True(ProcessIdentity.Self.IsAlive);
        Assert.False((ProcessIdentity.Self with { Start = "another boot 17" }).IsAlive);
    }

    [Fact]
    public void ANodesIdIsGivenOnceWhoeverGivesIt()
    {
        var entry = new NodeRollEntry(3, 1, ProcessIdentity.Self, DateTimeOffset.UnixEpoch);
        new NodeRoll(_folder.Path).Add(entry);
        Assert.Equal([entry], new NodeRoll(_folder.Path).Entries);
        Assert.Throws<InvalidOperationException>(() => new NodeRoll(_folder.Path).Add(entry));
    }

    [Fact]
    public void ASupervisorThatDidNotEndInOrderIsLostToAllItsSuccessors()
    {
        Assert.Empty(new SupervisorRoll(_folder.Path).Lost);
        var second = new SupervisorRoll(_folder.Path);
        Assert.Equal(2, second.Number);
        Assert.Equal([1], second.Lost);
        Assert.Equal("supervisor 1", second.Attempt);
        second.End();
        var third = new SupervisorRoll(_folder.Path);
        Assert.Equal([1], third.Lost);
        Assert.Equal("supervisor 3", third.Attempt);
        Assert.Equal("supervisor 3", new SupervisorRoll(_folder.Path).Attempt);
    }

    [Fact]
    public void TheLossOfASupervisorHasOneLineWhicheverSuccessorLivesToWriteIt()
    {
        for (var life = 0; life < 2; life++)
        {
            using var journal = new RunJournal(_folder.Path, RunSpecs.Record().Spec);
            var ledger = new FaultLedger(_folder.Path, journal, () => 0);
            ledger.SupervisorLost(1, 7, new Generation(2), new OrderedStrike(new FaultOrder(FaultKind.KillSupervisor, null, 7), DateTimeOffset.UtcNow), DateTimeOffset.UtcNow);
            ledger.CloseAll();
            Assert.Single(ledger.Closed);
        }

        var line = Assert.Single(JsonLines.Read(_folder.File(RunFolder.FaultsFileName), StorageJson.Default.FaultLine));
        Assert.Equal(("kill", "supervisor", "supervisor 1", 7, "ordered kill:supervisor@step=7"), (line.Kind, line.Role, line.Who, line.Step, line.Detail));
    }

    [Fact]
    public void ThePostIsReadableByItsOwnerAloneAndKeptUntilItIsRemoved()
    {
        Assert.Null(SupervisorPost.Read(_folder.Path));
        var post = new SupervisorPost("run", "127.0.0.1:4711", new string('a', 64));
        post.Write(_folder.Path);
        Assert.Equal(post, SupervisorPost.Read(_folder.Path));
        Assert.True(OperatingSystem.IsLinux() && File.GetUnixFileMode(_folder.File(SupervisorPost.FileName)) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        SupervisorPost.Remove(_folder.Path);
        Assert.Null(SupervisorPost.Read(_folder.Path));
    }

    [Fact]
    public void WhatALivingProcessIsWritingIsNoLeftover()
    {
        _folder.Write($"{DurableFile.TemporaryPrefix}{Environment.ProcessId}-of-the-living", []);
        _folder.Write($"{DurableFile.TemporaryPrefix}{int.MaxValue}-of-the-dead", []);
        _folder.Write($"{DurableFile.TemporaryPrefix}status.json", []);
        DurableFile.RemoveTemporaries(_folder.Path);
        Assert.EndsWith("of-the-living", Assert.Single(Directory.EnumerateFiles(_folder.Path)), StringComparison.Ordinal);
    }
}
