using System.Net;
using System.Net.Sockets;

namespace AtomGrains.Node.Tests.Transport.Tls;

/// <summary>Somebody on the network between a dialler and its target, who hears all and may alter what the dialler says.</summary>
internal sealed class TappedRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _target;
    private readonly MemoryStream _heard = new();

    public TappedRelay(IPEndPoint target)
    {
        _target = target;
        _listener.Start();
        _ = Run();
    }

    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Whether a bit of each further piece is turned over.</summary>
    public bool Alters { get; set; }

    /// <summary>Everything that diallers have said.</summary>
    public byte[] Heard
    {
        get
        {
            lock (_heard)
            {
                return _heard.ToArray();
            }
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task Run()
    {
        using var caller = await _listener.AcceptTcpClientAsync();
        using var target = new TcpClient();
        await target.ConnectAsync(_target);
        var back = target.GetStream().CopyToAsync(caller.GetStream());
        var buffer = new byte[1 << 16];
        try
        {
            for (int read; (read = await caller.GetStream().ReadAsync(buffer)) > 0;)
            {
                lock (_heard)
                {
                    _heard.Write(buffer.AsSpan(0, read));
                }

                buffer[read - 1] ^= (byte)(Alters ? 1 : 0);
                await target.GetStream().WriteAsync(buffer.AsMemory(0, read));
            }

            target.Client.Shutdown(SocketShutdown.Send);
            await back;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // One side is gone, and with this the other.
        }
    }
}
