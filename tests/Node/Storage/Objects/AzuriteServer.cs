using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace AtomGrains.Node.Tests.Storage.Objects;

/// <summary>A real Azurite on a port and in a folder of its own, for as long as the tests of a class run.</summary>
public sealed class AzuriteServer : IDisposable
{
    /// <summary>Azurite's main file, <c>…/azurite/dist/src/blob/main.js</c>: <c>./atom test</c> puts one there.</summary>
    private const string Variable = "ATOMGRAINS_AZURITE";

    // Azurite's account, the same in every installation: no secret.
    private const string Account =
        "AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;

    public AzuriteServer()
    {
        var main = Environment.GetEnvironmentVariable(Variable) ?? throw new InvalidOperationException($"{Variable} names no Azurite; ./atom test sets it");
        var port = FreePort();
        var info = new ProcessStartInfo("node", [main, "--blobHost", "127.0.0.1", "--blobPort", $"{port}", "--location", _folder.Path, "--silent", "--disableTelemetry", "--skipApiVersionCheck"])
        {
            RedirectStandardOutput = true,
        };
        _process = Process.Start(info)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        ConnectionString = $"DefaultEndpointsProtocol=http;{Account};BlobEndpoint=http://127.0.0.1:{port}/devstoreaccount1;";
        Eventually.Holds("Azurite to answer", () => Answers(port)).GetAwaiter().GetResult();
    }

    public string ConnectionString { get; }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _folder.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private bool Answers(int port)
    {
        Assert.False(_process.HasExited, "Azurite has ended");
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
