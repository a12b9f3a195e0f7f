using System.Net;
using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Tests.Transport;

public sealed class ListenRangeTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", null)]
    [InlineData("10.0.0.7:11200-11299", "10.0.0.7", "11200-11299")]
    [InlineData("fd00::7", "fd00::7", null)]
    [InlineData("fd00::7:11200-11299", "fd00::7", "11200-11299")]
    public void ARangeIsReadAsItIsWritten(string text, string address, string? ports)
    {
        var listen = ListenRange.Parse(text);
        Assert.Equal((IPAddress.Parse(address), ports), (listen.Address, listen.Ports?.ToString()));
        Assert.Equal(text, listen.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("host:1-2")]
    [InlineData("127.0.0.1:2-1")]
    [InlineData("127.0.0.1:0-1")]
    public void WhatIsNoneIsRefused(string text) => Assert.Throws<FormatException>(() => ListenRange.Parse(text));

    [Fact]
    public void EachListenerTakesAFreePortOfTheRangeAndOneTooManyIsRefused()
    {
        var counters = new TransportCounters();

        // Below those that systems give to connections by themselves.
        var first = Random.Shared.Next(15_000, 30_000);
        var range = new PortRange(first, first + 3);
        var listeners = new List<TensorListener>();
        try
        {
            while (listeners.Count < range.Count)
            {
                listeners.Add(Listen(range));
            }

            Assert.Equal(Enumerable.Range(first, 4), listeners.Select(listener => listener.Endpoint.Port));
            Assert.Throws<PortTakenException>(() => Listen(range));
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }

        TensorListener Listen(PortRange ports) => new(
            new TransportIdentity("run", 1, RunSecret.Create()), new TransportOptions { Ports = ports }, counters, new RecordedEvents());
    }
}
