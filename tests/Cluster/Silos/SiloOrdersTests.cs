using System.Text.Json;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Workers;
using AtomGrains.Silo;

namespace AtomGrains.Cluster.Tests.Silos;

public sealed class SiloOrdersTests
{
    [Fact]
    public void EverySettingOfARunReachesItsSilos()
    {
        var settings = new RunSettings
        {
            Workers = 7,
            Spares = 2,
            Faults = new FaultPlan([new FaultOrder(FaultKind.Kill, 1, 30, ProtocolPoint.Seal), new FaultOrder(FaultKind.Scale, null, 40, null, 3)]),
            Roots = false,
            Limits = new NodeLimits { RefillBytesPerSecond = 1000, ShardCacheBytes = 2000 },
            Replicas = false,
            Grace = TimeSpan.FromSeconds(11),
            Heartbeat = HeartbeatOptions.SuspectingAfter(TimeSpan.FromSeconds(9)),
            MaximumSkips = 8,
            DeviceFailures = 9,
            DeviceMemoryBytes = 3000,
            AuditLanes = 0.25,
            OnWrongBits = WrongBitsPolicy.Stop,
            Checkpoints = new CheckpointPlan { Cadence = new CheckpointOptions { EverySteps = 12 }, Keep = 13, Store = "az://container/prefix" },
        };
        var usual = new RunSettings { Workers = 1 };
        Assert.All(typeof(RunSettings).GetProperties(), setting => Assert.NotEqual(setting.GetValue(usual), setting.GetValue(settings)));
        var orders = new SiloOrders
        {
            RunId = "run",
            RunFolder = "folder",
            Secret = "secret",
            Ordinal = 1,
            Host = "host",
            Devices = ["cpu"],
            Listen = "127.0.0.1",
            Elements = 1024,
            Settings = settings,
            Before = new Generation(3),
            Program = "program",
            BitsClass = "test",
            Membership = new MembershipOptions { ProbeTimeout = TimeSpan.FromSeconds(4), MissedProbes = 6 },
            OrphanGrace = TimeSpan.FromSeconds(5),
        };

        var told = JsonSerializer.Deserialize(JsonSerializer.Serialize(orders, SiloJson.Default.SiloOrders), SiloJson.Default.SiloOrders)!;
        Assert.Equal(orders.Membership, told.Membership);

        // Two lists with the same in them are not equal to a record.
        Assert.Equal(settings.Faults.Orders, told.Settings.Faults.Orders);
        Assert.Equal(settings with { Faults = FaultPlan.None }, told.Settings with { Faults = FaultPlan.None });
    }
}
