using System.Globalization;
using System.Net;
using AtomGrains.Clustering;
using Orleans.Runtime;

namespace AtomGrains.Cluster.Tests.Membership;

/// <summary>The membership table in a folder keeps Orleans's contract: every change is of the newest version, or none.</summary>
public sealed class FileMembershipTableTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-table-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task OfTwoWhoWriteOneVersionOneIsRefused()
    {
        var (first, second) = (new FileMembershipTable(_folder), new FileMembershipTable(_folder));
        var next = (await first.ReadAll()).Version.Next();
        var written = await Task.WhenAll(
            Task.Run(() => first.InsertRow(Entry(1), next)), Task.Run(() => second.InsertRow(Entry(2), next)));
        Assert.Single(written, true);
        Assert.Single((await first.ReadAll()).Members);
    }

    [Fact]
    public async Task AChangeOfAnOldRowIsRefused()
    {
        var table = new FileMembershipTable(_folder);
        Assert.True(await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next()));
        var (entry, etag) = (await table.ReadAll()).Members[0];
        Assert.True(await table.UpdateRow(entry, etag, (await table.ReadAll()).Version.Next()));
        Assert.False(await table.UpdateRow(entry, etag, (await table.ReadAll()).Version.Next()));
        Assert.False(await table.UpdateRow(entry, (await table.ReadAll()).Members[0].Item2, new TableVersion(1, "0")));
    }

    [Fact]
    public async Task ARowComesBackAsItWasWritten()
    {
        var table = new FileMembershipTable(_folder);
        var entry = Entry(1);
        entry.Status = SiloStatus.Dead;
        entry.AddSuspector(Entry(2).SiloAddress, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        Assert.True(await table.InsertRow(entry, (await table.ReadAll()).Version.Next()));
        var back = (await new FileMembershipTable(_folder).ReadRow(entry.SiloAddress)).Members.Single().Item1;
        Assert.Equal((entry.SiloAddress, entry.Status, entry.SiloName), (back.SiloAddress, back.Status, back.SiloName));
        Assert.Equal(entry.SuspectTimes, back.SuspectTimes);
        Assert.Equal(["silo-1"], table.Dead());
    }

    [Fact]
    public async Task SayingThatASiloLivesIsNoNewVersion()
    {
        var table = new FileMembershipTable(_folder);
        Assert.True(await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next()));
        var version = (await table.ReadAll()).Version;
        await table.UpdateIAmAlive(Entry(1));
        Assert.Equal(version, (await table.ReadAll()).Version);
    }

    [Fact]
    public async Task TheLongDeadAndTheVersionsOfLongAgoAreForgotten()
    {
        var table = new FileMembershipTable(_folder);
        for (var number = 1; number <= 120; number++)
        {
            var entry = Entry(number);
            entry.Status = number == 1 ? SiloStatus.Active : SiloStatus.Dead;
            Assert.True(await table.InsertRow(entry, (await table.ReadAll()).Version.Next()));
        }

        await table.UpdateIAmAlive(Entry(120));
        await table.CleanupDefunctSiloEntries(DateTimeOffset.UtcNow.AddMinutes(-1));
        Assert.Equal(["silo-1", "silo-120"], (await table.ReadAll()).Members.Select(member => member.Item1.SiloName));
        Assert.Equal(121, (await table.ReadAll()).Version.Version);
        Assert.Equal(20, Versions().Min());
    }

    [Fact]
    public async Task WhoWasPausedSinceAForgottenVersionWritesNothing()
    {
        var table = new FileMembershipTable(_folder);
        var slow = new FileMembershipTable(_folder);
        Assert.True(await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next()));
        Assert.True(await table.InsertRow(Entry(2), (await table.ReadAll()).Version.Next()));
        Assert.False(slow.TryWrite(version: 1, []));

        // Versions 1 and 2 are forgotten while it is paused between reading 1 and writing 2.
        foreach (var version in Versions())
        {
            File.Move(VersionFile(version), VersionFile(version + 100));
        }

        Assert.False(slow.TryWrite(version: 1, []));
        Assert.Equal([101, 102], Versions().Order());
    }

    [Fact]
    public async Task TheTableOfAnAttemptThatIsOverIsForgotten()
    {
        Assert.True(await new FileMembershipTable(_folder).InsertRow(Entry(1), (await new FileMembershipTable(_folder).ReadAll()).Version.Next()));
        var table = FileMembershipTable.Anew(_folder);
        Assert.Empty((await table.ReadAll()).Members);
        Assert.True(await table.InsertRow(Entry(2), (await table.ReadAll()).Version.Next()));
        Assert.Equal([FileMembershipTable.FolderName], Directory.EnumerateDirectories(_folder).Select(Path.GetFileName));
    }

    private IEnumerable<int> Versions() =>
        [.. Directory.EnumerateFiles(Path.Combine(_folder, "membership"), "*.json").Select(file => int.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture))];

    private string VersionFile(int version) => Path.Combine(_folder, "membership", $"{version}.json");

    private static MembershipEntry Entry(int number) => new()
    {
        SiloAddress = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1000 + number), 7),
        Status = SiloStatus.Active,
        HostName = "host",
        SiloName = $"silo-{number}",
        StartTime = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc),
    };
}
