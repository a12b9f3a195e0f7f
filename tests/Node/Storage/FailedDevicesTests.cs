using AtomGrains.Core.Membership;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Tests.Storage;

/// <summary>What a run knows of its devices, whoever of its coordinators found it out.</summary>
public sealed class FailedDevicesTests : IDisposable
{
    private const int Device = 4;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FailuresChecksAndQuarantinesAreASuccessorsToo()
    {
        Assert.False(Opened().Failed(Device, new NodeId(1), "first"));
        Assert.True(Opened().NeedsCheck(Device));
        Assert.False(Opened().Checked(Device, "second"));
        Assert.Equal((true, false, "second"), (Opened().NeedsCheck(Device), Opened().IsQuarantined(Device), Opened().LastFailure(Device)));
        Opened().Checked(Device, null);
        Assert.False(Opened().NeedsCheck(Device));
        Assert.True(Opened().Failed(Device, new NodeId(2), "third"));
        Assert.Equal((true, 1), (Opened().IsQuarantined(Device), Opened().Quarantined));
        Assert.Equal([Device], Opened().Known);
        Assert.False(Opened().IsQuarantined(Device + 1));
    }

    [Fact]
    public void TheEndOfANodeIsOneFailureHoweverManySayIt()
    {
        var (one, other) = (Opened(most: 2), Opened(most: 2));
        Assert.Empty(other.Known);
        one.Failed(Device, new NodeId(1), "first");
        one.Failed(Device, new NodeId(1), "first");
        other.Failed(Device, new NodeId(1), "first");
        Assert.Equal((false, false, false), (one.IsQuarantined(Device), other.IsQuarantined(Device), Opened(most: 2).IsQuarantined(Device)));
        Assert.True(other.Failed(Device, new NodeId(2), "second"));
        Assert.True(Opened(most: 2).IsQuarantined(Device));
    }

    [Fact]
    public void WhatWasBeforeThisAttemptOrBeforeALongServiceIsForgiven()
    {
        new FileRegister(_folder.Path, FailedDevices.FolderName).TryCreate(new Generation(1), "4 0"u8.ToArray());
        new FailedDevices(_folder.Path, "another", 1).Failed(Device, new NodeId(1), "first");
        Assert.Empty(Opened(most: 2).Known);
        Opened(most: 2).Failed(Device, new NodeId(2), "second");
        Assert.False(Opened(most: 2).Failed(Device, new NodeId(3), "third", forgives: true));
        Assert.True(Opened(most: 2).Failed(Device, new NodeId(4), "fourth"));
    }

    private FailedDevices Opened(int most = 3) => new(_folder.Path, "this", most);
}
