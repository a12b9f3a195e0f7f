using AtomGrains.Node.Transport;
using AtomGrains.Node.Workers;

namespace AtomGrains.Node.Tests.Workers;

public sealed class SupervisorLinkTests
{
    [Theory]
    [InlineData("192.0.2.1:4000")]
    [InlineData("[2001:db8::1]:4000")]
    [InlineData("silo:4000")]
    public void ASilosChildSpeaksToItOnLoopbackAlone(string silo) =>
        Assert.Equal($"the silo's control channel is at {silo}; must be on loopback", Assert.Throws<InvalidDataException>(() => Link(silo)).Message);

    [Theory]
    [InlineData("127.0.0.1:4000")]
    [InlineData("[::1]:4000")]
    [InlineData(null)]
    public void LoopbackOrASupervisorsPostWillDo(string? silo) => Link(silo).Dispose();

    private static SupervisorLink Link(string? silo) => new(new NodeAssignment
    {
        Node = 1,
        Slot = 0,
        RunId = "run",
        Listen = "127.0.0.1",
        Secret = RunSecret.Create().ToHex(),
        Faults = [],
        RunFolder = "/nowhere",
        Supervisor = silo,
        Store = "/nowhere",
        Struck = "struck",
        Device = "cpu",
        OrphanGrace = TimeSpan.Zero,
        Grace = TimeSpan.Zero,
    })
    {
        Deliver = _ => { },
        Introduce = () => { },
        Orphaned = () => { },
        LeaveBehind = () => { },
    };
}
