using System.Net;
using AtomGrains.Clustering;
using AtomGrains.Silo.Standing;
using Orleans.Runtime;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>When a silo says in the membership that it lives, beside what Orleans does.</summary>
public sealed class SignOfLifeTests : IDisposable
{
    private static readonly SiloAddress Silo = SiloAddress.New(IPAddress.Loopback, 1, 1);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-sign-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ASignThatIsOverdueIsWrittenAndOneThatIsNotIsLeftToOrleans()
    {
        var table = await TableWith(SiloStatus.Active);
        var before = await Sign(table);
        Assert.False(await SignOfLife.WriteIfOverdueAsync(table, Silo, Period, before + (2 * Period)));
        Assert.Equal(before, await Sign(table));
        Assert.True(await SignOfLife.WriteIfOverdueAsync(table, Silo, Period, before + (3 * Period)));
        Assert.NotEqual(before, await Sign(table));
    }

    [Fact]
    public async Task WhoIsDeclaredDeadSaysNothingMore()
    {
        var table = await TableWith(SiloStatus.Dead);
        Assert.False(await SignOfLife.WriteIfOverdueAsync(table, Silo, Period, DateTime.UtcNow + (3 * Period)));
    }

    private async Task<FileMembershipTable> TableWith(SiloStatus status)
    {
        var table = new FileMembershipTable(_folder);
        var started = DateTime.UtcNow.AddHours(-1);
        var entry = new MembershipEntry { SiloAddress = Silo, Status = status, SiloName = "silo", HostName = "host", StartTime = started, IAmAliveTime = started };
        Assert.True(await table.InsertRow(entry, (await table.ReadAll()).Version.Next()));
        await table.UpdateIAmAlive(entry);
        foreach (var sign in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(sign, started);
        }

        return table;
    }

    private static async Task<DateTime> Sign(FileMembershipTable table) => (await table.ReadRow(Silo)).Members.Single().Item1.IAmAliveTime;
}
