using AtomGrains.Core.Membership;

namespace AtomGrains.Core.Tests.Architecture;

public sealed class CoreIsPureTests
{
    private static readonly string CoreAssembly = typeof(Generation).Assembly.Location;

    [Fact]
    public void CoreUsesNoClockRandomnessTaskFileOrSocket() => Assert.Empty(BannedApis.UsedBy(CoreAssembly));

    [Fact]
    public void CoreRefersToTheBaseClassLibraryAlone() =>
        Assert.All(BannedApis.AssembliesReferencedBy(CoreAssembly), name => Assert.StartsWith("System.", name));

    [Theory]
    [InlineData("System.DateTime.get_UtcNow")]
    [InlineData("System.DateTime.get_Now")]
    [InlineData("System.DateTimeOffset.get_UtcNow")]
    [InlineData("System.Diagnostics.Stopwatch")]
    [InlineData("System.TimeProvider")]
    [InlineData("System.Guid.NewGuid")]
    [InlineData("System.Random")]
    [InlineData("System.Security.Cryptography.RandomNumberGenerator")]
    [InlineData("System.Threading.Tasks.Task")]
    [InlineData("System.Environment.get_ProcessId")]
    [InlineData("System.IO.File")]
    [InlineData("System.Net.Sockets.TcpClient")]
    [InlineData("System.Diagnostics.Process")]
    public void TheCheckFindsABannedApi(string api) => Assert.Contains(api, BannedApis.UsedBy(Repository.TestAssembly));

    [Fact]
    public void TheCheckLetsAnIteratorsThreadIdPass() =>
        Assert.DoesNotContain("System.Environment.get_CurrentManagedThreadId", BannedApis.UsedBy(Repository.TestAssembly));
}
