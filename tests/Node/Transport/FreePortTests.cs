using System.Net;
using System.Net.Sockets;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Tests.Transport;

/// <summary>Ports that are named before anybody listens there.</summary>
public sealed class FreePortTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void NoneIsGivenTwiceAndNoneIsOneThatOutgoingConnectionsAreGiven()
    {
        var lowest = int.Parse(File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split('\t', ' ')[0], null);
        var ports = Enumerable.Range(0, 200).Select(_ => FreePort.On(IPAddress.Loopback)).ToList();
        Assert.Equal(ports.Count, ports.Distinct().Count());
        Assert.All(ports, port => Assert.InRange(port, 20_000, lowest - 1));
    }

    [Fact]
    public void OneOnWhichSomebodyListensIsPassedOver()
    {
        var next = FreePort.On(IPAddress.Loopback) + 1;
        using var listener = new TcpListener(IPAddress.Loopback, next);
        try
        {
            listener.Start();
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            // Somebody else listens there, who does as well.
        }

        Assert.NotEqual(next, FreePort.On(IPAddress.Loopback));
    }

    [Theory]
    [InlineData("32768\t60999\n", 32_767)]
    [InlineData("1024 65535\n", 1_023)]
    [InlineData("", 32_767)]
    [InlineData("rubbish", 32_767)]
    public void TheRangeIsThatOfTheSystem(string content, int highest)
    {
        File.WriteAllText(_file, content);
        Assert.Equal(highest, FreePort.HighestOf(_file));
        Assert.Equal(32_767, FreePort.HighestOf(_file + ".none"));
    }
}
