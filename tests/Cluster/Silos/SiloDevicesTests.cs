using AtomGrains.Grains.Workers;
using AtomGrains.Local.Devices;
using AtomGrains.Silo;

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

    [Fact]
    public void EachProcessorOfASiloHasItsPartOfWhatMemoryThereIsAndTheMetadataSaysSo()
    {
        var (one, two) = (new SiloShape("host", "127.0.0.1", ["cpu"], 0, HasChildren: false), new SiloShape("host", "127.0.0.1", ["cpu", "cpu"], 0, HasChildren: true));
        var bytes = MachineMemory.Bytes()!.Value;
        Assert.Equal([bytes], one.MemoryBytes);
        Assert.Equal([bytes / 2, bytes / 2], two.MemoryBytes);
        Assert.Equal(new SiloDevices("cpu", 2, bytes / 2, "host"), two.Metadata);
    }

    [Theory]
    [InlineData("cpu", "cpu")]
    [InlineData("cuda:1", "cuda")]
    public void TheKindOfADeviceIsWhatComesBeforeItsNumber(string device, string kind) => Assert.Equal(kind, SiloDevices.KindOf(device));
}
