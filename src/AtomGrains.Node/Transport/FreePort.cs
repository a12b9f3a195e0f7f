using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AtomGrains.Node.Transport;

/// <summary>
/// A port for whoever has to name it before it listens there, often in another process. One that the system picks is of the range
/// from which it serves outgoing connections, and is gone again when the next of them is made; so these come from below that range.
/// </summary>
public static class FreePort
{
    private const string RangeFile = "/proc/sys/net/ipv4/ip_local_port_range";

    // Fixed ports of servers are mostly below.
    private const int Lowest = 20_000;

    // Neighbours in the list of processes begin apart.
    private const int PerProcess = 16;

    private static readonly int Highest = HighestOf(RangeFile);

    private static int _given = Environment.ProcessId * PerProcess;

    /// <summary>A TCP port on which nobody listens now, and which this process has not been given before.</summary>
    /// <param name="address">The address on which it is to listen.</param>
    /// <exception cref="SocketException">There is none, or no such address.</exception>
    public static int On(IPAddress address)
    {
        for (var left = Highest - Lowest; left >= 0; left--)
        {
            var port = Lowest + (int)((uint)Interlocked.Increment(ref _given) % (uint)(Highest - Lowest + 1));
            if (IsFree(address, port))
            {
                return port;
            }
        }

        using var any = new TcpListener(address, 0);
        any.Start();
        return ((IPEndPoint)any.LocalEndpoint).Port;
    }

    /// <summary>The highest port below the system's own, which a file names as two numbers; 32,767, as Linux has it, without such a file.</summary>
    internal static int HighestOf(string file)
    {
        try
        {
            var lowest = File.ReadAllText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0];
            return int.Parse(lowest, CultureInfo.InvariantCulture) - 1;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            return 32_767;
        }
    }

    private static bool IsFree(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return true;
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
    }
}
