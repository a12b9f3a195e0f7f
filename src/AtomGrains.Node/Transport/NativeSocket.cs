using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace AtomGrains.Node.Transport;

/// <summary>What POSIX has for sockets and .NET does not: one send that does not wait, on a socket whose others do.</summary>
internal static partial class NativeSocket
{
    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int Interrupted = 4;
    private const int TryAgain = 11;

    /// <summary>Hands the kernel what it has room for.</summary>
    /// <returns>Bytes taken; -1 when the connection is gone.</returns>
    /// <exception cref="ObjectDisposedException">The socket was closed here.</exception>
    public static int SendNow(SafeSocketHandle socket, ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            var sent = Send(socket, bytes, bytes.Length, DontWait | NoSignal);
            if (sent >= 0)
            {
                return (int)sent;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error != Interrupted)
            {
                return error == TryAgain ? 0 : -1;
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(SafeSocketHandle socket, ReadOnlySpan<byte> bytes, nint length, int flags);
}
