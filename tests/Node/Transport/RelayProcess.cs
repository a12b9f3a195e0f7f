using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace AtomGrains.Node.Tests.Transport;

/// <summary>
/// A process of its own that holds the connection to a target and relays what one caller of
/// <see cref="Endpoint"/> says. Killing it leaves the closing of that connection to the kernel, as with any killed node.
/// </summary>
internal sealed class RelayProcess : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Process _process;

    public RelayProcess(IPEndPoint target)
    {
        _listener.Start();
        Endpoint = (IPEndPoint)_listener.LocalEndpoint;
        var script = $"exec 3<>/dev/tcp/{target.Address}/{target.Port}; cat <&3 & exec cat >&3";
        _process = Process.Start(new ProcessStartInfo("bash", ["-c", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        _ = Relay();
    }

    public IPEndPoint Endpoint { get; }

    /// <summary>SIGKILL, to everything that holds the connection.</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    public void Dispose()
    {
        Kill();
        _process.Dispose();
        _listener.Dispose();
    }

    private async Task Relay()
    {
        using var caller = await _listener.AcceptTcpClientAsync();
        var stream = caller.GetStream();
        var back = _process.StandardOutput.BaseStream.CopyToAsync(stream);
        try
        {
            var buffer = new byte[4096];
            for (int read; (read = await stream.ReadAsync(buffer)) > 0;)
            {
                await _process.StandardInput.BaseStream.WriteAsync(buffer.AsMemory(0, read));
                await _process.StandardInput.BaseStream.FlushAsync();
            }

            await back;
        }
        catch (IOException)
        {
            // The killed process's pipes are gone, as intended.
        }
    }
}
