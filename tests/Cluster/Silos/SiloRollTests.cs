using System.Diagnostics;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;
using AtomGrains.Silo.Local;

namespace AtomGrains.Cluster.Tests.Silos;

public sealed class SiloRollTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-roll-").FullName;
    private readonly Process _silo = Process.Start("sleep", "600");

    public void Dispose()
    {
        _silo.Kill();
        _silo.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task AFormerSiloThatIsPausedIsNotWaitedForBeyondItsGrace()
    {
        new SiloRoll(_folder).Add(ProcessIdentity.Of(_silo.Id));
        Assert.True(Signals.Send(_silo.Id, Signals.Stop));
        await Eventually.Holds("a paused process", () => ProcessStat.IsPaused(_silo.Id));
        var (started, notes) = (Stopwatch.GetTimestamp(), new List<string>());
        Assert.True(new SiloRoll(_folder).AwaitEnds(TimeSpan.FromSeconds(1), notes.Add, CancellationToken.None));
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 1, 20);
        Assert.Contains($"processes {_silo.Id}", Assert.Single(notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFormerSiloThatRunsIsWaitedFor()
    {
        new SiloRoll(_folder).Add(ProcessIdentity.Of(_silo.Id));
        var waiting = Task.Run(() => new SiloRoll(_folder).AwaitEnds(TimeSpan.Zero, _ => { }, CancellationToken.None));
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.False(waiting.IsCompleted || _silo.HasExited);
        _silo.Kill();
        Assert.True(await waiting);
    }
}
