using System.Net;
using System.Net.Sockets;

namespace AtomGrains.Grains.Workers;

/// <summary>Whether a process still has its port: what the kernel says at once, and no heartbeat does.</summary>
public static class PortProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    public static async Task<PortAnswer> AskAsync(IPEndPoint address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var timeout = new CancellationTokenSource(Patience);
        try
        {
            await socket.ConnectAsync(address, timeout.Token).ConfigureAwait(false);
            return PortAnswer.Accepted;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode == SocketError.ConnectionRefused ? PortAnswer.Refused : PortAnswer.None;
        }
        catch (OperationCanceledException)
        {
            return PortAnswer.None;
        }
    }
}
