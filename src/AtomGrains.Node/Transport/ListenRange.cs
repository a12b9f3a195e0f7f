using System.Net;

namespace AtomGrains.Node.Transport;

/// <summary>
/// Where to listen: an address with a range of ports to take the first free one of, <c>10.0.0.7:11200-11299</c>, or an
/// address alone for any free one. Firewalls want to know.
/// </summary>
public readonly record struct ListenRange(IPAddress Address, PortRange? Ports)
{
    /// <exception cref="FormatException">It is no such text.</exception>
    public static ListenRange Parse(string text)
    {
        // An address of version 6 has colons, and its last group no dash.
        var colon = text.LastIndexOf(':');
        return colon > 0 && PortRange.Parse(text[(colon + 1)..]) is { } ports
            ? new ListenRange(IPAddress.Parse(text[..colon]), ports)
            : new ListenRange(IPAddress.Parse(text), Ports: null);
    }

    public override string ToString() => Ports is { } ports ? $"{Address}:{ports}" : Address.ToString();
}
