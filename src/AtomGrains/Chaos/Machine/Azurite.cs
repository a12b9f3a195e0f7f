using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using AtomGrains.Azure;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Workers;

namespace AtomGrains.Chaos.Machine;

/// <summary>A real Azurite on a port and in a folder of its own, which can be ended, started again, frozen and thawed.</summary>
internal sealed class Azurite : IDisposable
{
    // Azurite's account, the same in every installation: no secret.
    private const string Account =
        "AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(20);

    private readonly string _folder;
    private readonly string _service;
    private readonly IReadOnlyList<string> _options;
    private readonly int _port = FreePort.On(IPAddress.Loopback);
    private Process _process;

    /// <param name="folder">Made if it is absent; the caller's.</param>
    /// <param name="options">Further options of its command line.</param>
    /// <exception cref="IOException">It does not start.</exception>
    public Azurite(string folder, params IReadOnlyList<string> options)
        : this("blob", folder, options)
    {
    }

    private Azurite(string service, string folder, IReadOnlyList<string> options)
    {
        _options = options;
        _folder = Directory.CreateDirectory(folder).FullName;
        _service = service;
        ConnectionString = FormattableString.Invariant($"DefaultEndpointsProtocol=http;{Account};{char.ToUpperInvariant(service[0])}{service[1..]}Endpoint=http://127.0.0.1:{_port}/devstoreaccount1;");
        _process = Start();
    }

    /// <summary>One that serves tables.</summary>
    /// <inheritdoc cref="Azurite(string, IReadOnlyList{string})"/>
    public static Azurite OfTables(string folder, params IReadOnlyList<string> options) => new("table", folder, options);

    /// <summary>Names Azurite's main file, <c>…/azurite/dist/src/blob/main.js</c>; the launcher sets it where npm brings it.</summary>
    public const string Variable = "ATOMGRAINS_AZURITE";

    /// <summary>Azurite's main file; null where this machine has none.</summary>
    public static string? Main => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } main && File.Exists(main) ? main : null;

    public string ConnectionString { get; }

    /// <summary>Host, port and account, as a client without a connection string names the service; its scheme is the caller's.</summary>
    public string Endpoint => FormattableString.Invariant($"127.0.0.1:{_port}/devstoreaccount1");

    /// <summary>Its container's name in a store's name.</summary>
    public static string StoreOf(string container) => $"{AzureStoreName.Scheme}{container}/run";

    /// <summary>Ends it in order: it forgets what it was told in the last seconds when it is killed, as no real store does.</summary>
    public void Down()
    {
        Signals.Send(_process.Id, Signals.Continue);
        Signals.Send(_process.Id, Signals.Terminate);
        if (!_process.WaitForExit(EndsWithin))
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }
    }

    /// <summary>Starts it again, with what it had, at the same address.</summary>
    public void Up()
    {
        if (_process.HasExited)
        {
            _process.Dispose();
            _process = Start();
        }
    }

    /// <summary>It takes connections and answers nothing.</summary>
    public void Freeze() => Signals.Send(_process.Id, Signals.Stop);

    public void Thaw() => Signals.Send(_process.Id, Signals.Continue);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private Process Start()
    {
        var main = Main ?? throw new IOException($"{Variable} names no Azurite");
        var info = new ProcessStartInfo(
            "node",
            [Path.Combine(Path.GetDirectoryName(main)!, "..", _service, "main.js"), $"--{_service}Host", "127.0.0.1", $"--{_service}Port", _port.ToString(CultureInfo.InvariantCulture), "--location", _folder, "--silent", "--disableTelemetry", "--skipApiVersionCheck", .. _options])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(info)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (SpinWait.SpinUntil(() => process.HasExited || Answers(), StartsWithin) && !process.HasExited)
        {
            return process;
        }

        process.Kill(entireProcessTree: true);
        throw new IOException($"Azurite does not answer on port {_port}");
    }

    private bool Answers()
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
