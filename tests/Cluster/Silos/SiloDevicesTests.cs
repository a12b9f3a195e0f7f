using AtomGrains.Grains.Workers;

namespace AtomGrains.Cluster.Tests.Silos;

public sealed class SiloDevicesTests
{
    [Fact]
    public void WhatASiloHasComesBackFromItsMetadata()
    {
        var devices = new SiloDevices("cuda", 2, 80L << 30, "rack 1");
        Assert.Equal(devices, SiloDevices.Of(devices.ToMetadata()));
    }

    [Fact]
    public void ASiloThatSaysNothingOfDevicesHasNone() => Assert.Null(SiloDevices.Of(new Dictionary<string, string> { ["other"] = "1" }));

    [Theory]
    [InlineData("cpu", "cpu")]
    [InlineData("cuda:1", "cuda")]
    public void TheKindOfADeviceIsWhatComesBeforeItsNumber(string device, string kind) => Assert.Equal(kind, SiloDevices.KindOf(device));
}
