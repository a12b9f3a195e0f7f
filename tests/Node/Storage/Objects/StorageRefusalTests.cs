using AtomGrains.Node.Storage.Objects;

namespace AtomGrains.Node.Tests.Storage.Objects;

public sealed class StorageRefusalTests
{
    [Theory]
    [InlineData(401, true)]
    [InlineData(403, true)]
    [InlineData(404, true)]
    [InlineData(409, false)]
    [InlineData(429, false)]
    [InlineData(500, false)]
    [InlineData(503, false)]
    [InlineData(0, false)]
    public void WhoIsNotLetInOrFindsNothingIsRefusedAndNobodyElse(int status, bool isRefused) =>
        Assert.Equal(isRefused ? $"{status} Code: Not today." : null, StorageRefusal.Of(status, "Code", new IOException("Not today.\r\nRequestId: 1\nStatus: refused")));
}
