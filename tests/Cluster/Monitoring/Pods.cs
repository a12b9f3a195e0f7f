using System.Diagnostics;
using System.Net;
using AtomGrains.Chaos.Machine;
using AtomGrains.Cluster.Tests.Clients;
using AtomGrains.Commands;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Workers;

namespace AtomGrains.Cluster.Tests.Monitoring;

/// <summary>
/// Silos of a cluster as an orchestrator has them: one that has died starts again under its own name and address, so that
/// who scrapes them takes it for the same.
/// </summary>
internal sealed class Pods : IDisposable
{
    private readonly StandingCluster _cluster;
    private readonly ProcessMark _mark = new();
    private readonly string[] _addresses;
    private readonly Process?[] _silos;

    /// <summary>None is started yet.</summary>
    public Pods(StandingCluster cluster, int count)
    {
        _cluster = cluster;
        _silos = new Process?[count];
        _addresses = [.. Enumerable.Range(0, count).Select(_ => $"127.0.0.1:{FreePort.On(IPAddress.Loopback)}")];
    }

    /// <summary>Where each one's page is, by its name.</summary>
    public IEnumerable<KeyValuePair<string, string>> Addresses => _addresses.Select((address, pod) => KeyValuePair.Create(NameOf(pod), address));

    /// <summary>Processes of silos that compute for runs, or are to; not those in which devices are checked, without which none is offered.</summary>
    public IReadOnlyList<int> Children => [.. _mark.Living().Except(_silos.OfType<Process>().Select(silo => silo.Id)).Where(pid => !IsCheck(pid))];

    public static string NameOf(int pod) => $"silos-{pod}";

    public void Start(int pod)
    {
        var log = Path.Combine(_cluster.Runs, "..", NameOf(pod) + ".log");
        var info = new ProcessStartInfo("/bin/sh", ["-c", $"exec \"$0\" \"$@\" >>{log} 2>&1", AtomProgram.Path, "silo",
            "--clustering", _cluster.Clustering, "--runs", _cluster.Runs, "--secret-file", Path.Combine(_cluster.Runs, "..", "secret"), "--host", NameOf(pod),
            "--silo-port", "0", "--gateway-port", "0", "--http-port", _addresses[pod].Split(':')[1]]);
        info.Environment["DOTNET_TieredCompilation"] = "1"; // these silos are killed before full compilation pays
        foreach (var (variable, value) in _cluster.OfSilos)
        {
            info.Environment[variable] = value;
        }

        _mark.PutOn(info);
        _silos[pod] = Process.Start(info)!;
    }

    public void StartAll()
    {
        for (var pod = 0; pod < _silos.Length; pod++)
        {
            Start(pod);
        }
    }

    /// <summary>Ends one silo as nothing but a kill does; what it has started is left to itself.</summary>
    public async Task Kill(int pod)
    {
        using var silo = _silos[pod]!;
        Assert.True(Signals.Send(silo.Id, Signals.Kill));
        await silo.WaitForExitAsync();
        _silos[pod] = null;
    }

    /// <summary>Ends all silos and all that they have started at once, none of which lives to see another die.</summary>
    public async Task KillAll()
    {
        _mark.KillAll();
        await Eventually.Holds("the end of all silos", () => _mark.Living().Count == 0);
        Dispose();
    }

    /// <summary>What they have said, for messages.</summary>
    public string Logs => string.Join('\n', Directory.EnumerateFiles(Path.Combine(_cluster.Runs, ".."), "silos-*.log").Order().Select(log => $"{Path.GetFileName(log)}\n{File.ReadAllText(log)}"));

    private static bool IsCheck(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains(DeviceCheckCommand.Name, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // It has ended.
        }
    }

    public void Dispose()
    {
        _mark.KillAll();
        for (var pod = 0; pod < _silos.Length; pod++)
        {
            _silos[pod]?.WaitForExit();
            _silos[pod]?.Dispose();
            _silos[pod] = null;
        }
    }
}
