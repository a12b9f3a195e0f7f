using System.Diagnostics;
using System.Text.Json;
using AtomGrains.Local;
using AtomGrains.Node.Workers;

namespace AtomGrains.Silo.Local;

/// <summary>A silo process that this process has started. Ending it closes its standard input, too.</summary>
internal sealed class SiloProcess : IDisposable
{
    private readonly Process _process;

    public SiloProcess(SiloOrders orders, IReadOnlyDictionary<string, string> environment)
    {
        Ordinal = orders.Ordinal;
        var info = OwnProgram.StartInfo(environment, AtomGrainsHost.SiloCommand, SiloCommand.OrdersFlag);
        info.RedirectStandardInput = true;
        _process = Process.Start(info)!;
        Pid = _process.Id;
        OwnProgram.Tell(_process, orders, SiloJson.Default.SiloOrders, isAll: false);
    }

    public int Ordinal { get; }

    public int Pid { get; }

    public string Name => $"silo-{Ordinal}-{Pid}";

    public DateTimeOffset Started { get; } = DateTimeOffset.UtcNow;

    /// <summary>When the cluster was first seen to have given it up.</summary>
    public DateTimeOffset? DeclaredDead { get; set; }

    /// <summary>Another process has taken its number.</summary>
    public bool IsReplaced { get; set; }

    /// <summary>It was paused, and goes on.</summary>
    public bool IsWoken { get; set; }

    /// <summary>It was ended since the cluster had given it up.</summary>
    public bool IsFenced { get; set; }

    /// <summary>Its end was written down.</summary>
    public bool IsEndRecorded { get; set; }

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public void Signal(int signal)
    {
        if (!_process.HasExited)
        {
            Signals.Send(Pid, signal);
        }
    }

    /// <summary>The run is to end: it writes down what it holds, and ends.</summary>
    public void LeaveBehind()
    {
        try
        {
            _process.StandardInput.BaseStream.WriteByte(1);
            _process.StandardInput.BaseStream.Flush();
        }
        catch (IOException)
        {
            // It lives no more.
        }
    }

    public void Dispose() => _process.Dispose();
}
