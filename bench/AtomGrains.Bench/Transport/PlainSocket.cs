using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace AtomGrains.Bench.Transport;

/// <summary>What the transport is measured against: blocking calls on one socket, sizes agreed beforehand, no framing, no pool.</summary>
internal sealed class PlainSocket : IRoundTrip
{
    private readonly Socket _socket = New();
    private float[] _payload = [];

    public PlainSocket(IPEndPoint endpoint) => _socket.Connect(endpoint);

    /// <summary>Serves one caller, who first says the payload's size and then, when streaming, each stream's length.</summary>
    /// <param name="keeps">Whether each payload comes to lie in memory that this process did not have before.</param>
    public static int Serve(bool echo, bool keeps)
    {
        var listener = New();
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        new Thread(() =>
        {
            using var socket = listener.Accept();
            socket.NoDelay = true;
            var number = new byte[sizeof(int)];
            Fill(socket, number);
            var payload = new byte[BitConverter.ToInt32(number)];
            var kept = new List<byte[]>();
            while (echo ? Fill(socket, payload) : Fill(socket, number))
            {
                for (var left = echo ? 0 : BitConverter.ToInt32(number); left > 0; left--)
                {
                    if (keeps)
                    {
                        kept.Add(payload);
                        payload = GC.AllocateUninitializedArray<byte>(payload.Length);
                    }

                    Fill(socket, payload);
                }

                socket.Send(echo ? payload : number);
            }
        })
        { IsBackground = true }.Start();
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    public void Prepare(float[] payload, bool echo)
    {
        _payload = payload;
        _socket.Send(BitConverter.GetBytes(payload.Length * sizeof(float)));
        for (var i = 0; i < 20; i++)
        {
            if (echo)
            {
                RoundTrip();
            }
            else
            {
                Stream(1);
            }
        }
    }

    public void RoundTrip()
    {
        var bytes = MemoryMarshal.AsBytes(_payload.AsSpan());
        _socket.Send(bytes);
        Fill(_socket, bytes);
    }

    public void Stream(int count)
    {
        _socket.Send(BitConverter.GetBytes(count));
        for (var i = 0; i < count; i++)
        {
            _socket.Send(MemoryMarshal.AsBytes(_payload.AsSpan()));
        }

        Fill(_socket, new byte[sizeof(int)]);
    }

    public void Dispose() => _socket.Dispose();

    private static Socket New() => new(SocketType.Stream, ProtocolType.Tcp)
    {
        NoDelay = true,
        SendBufferSize = 256 << 10,
        ReceiveBufferSize = 256 << 10,
    };

    private static bool Fill(Socket socket, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            var received = socket.Receive(target);
            if (received == 0)
            {
                return false;
            }

            target = target[received..];
        }

        return true;
    }
}
