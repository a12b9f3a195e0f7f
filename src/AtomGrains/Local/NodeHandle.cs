using System.Diagnostics;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Node.Storage;

namespace AtomGrains.Local;

/// <summary>A node process as its supervisor sees it.</summary>
/// <param name="process">Null for a process that a predecessor started: it is nobody's child here.</param>
/// <param name="identity">Null for one that ended before anybody could look.</param>
internal sealed class NodeHandle(NodeId id, int slot, Process? process, ProcessIdentity? identity, DateTimeOffset started)
{
    // None once its end is noticed: what it was started with, the environment foremost, is as much as all else that is known of it.
    private Process? _process = process;

    public NodeId Id { get; } = id;

    public int Slot { get; } = slot;

    public int Pid { get; } = process?.Id ?? identity!.Pid;

    public DateTimeOffset Started { get; } = started;

    /// <summary>A predecessor's process, whose end has to be looked for.</summary>
    public bool IsAdopted { get; } = process is null;

    /// <summary>Whether the process lives, as the system says. A pid alone may be another process's by now.</summary>
    public bool IsAlive => identity?.IsAlive ?? false;

    /// <summary>Whether the process has ended, noticed or not.</summary>
    public bool HasExited => HasEnded || (_process?.HasExited ?? !IsAlive);

    /// <summary>When anything was heard from it last.</summary>
    public DateTimeOffset LastHeard { get; set; } = process is null ? DateTimeOffset.UtcNow : started;

    /// <summary>Its end was noticed.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Null while it runs, and of a predecessor's process where nobody can tell.</summary>
    public int? ExitCode { get; private set; }

    public bool IsReady { get; set; }

    /// <summary>A step was decided while it was a member of the view.</summary>
    public bool HasServed { get; set; }

    /// <summary>It was told to end, or asked to.</summary>
    public bool Leaves { get; set; }

    /// <summary>The ordered fault that struck it last.</summary>
    public OrderedStrike? Strike { get; set; }

    /// <summary>What it said of its failure, if it did.</summary>
    public string? Cause { get; set; }

    /// <summary>Since when the system has shown a process that is not ready as stopped; null when it does not.</summary>
    public DateTimeOffset? StoppedSince { get; set; }

    /// <summary>Why its supervisor has ended it before it was ready, in words; null when it has not.</summary>
    public string? Stuck { get; set; }

    public NodeCounters Counters { get; private set; } = new();

    /// <summary>Its counters when it was first heard here: what came before is the predecessors' story.</summary>
    public NodeCounters FirstCounters { get; private set; } = new();

    public long PeakRssBytes { get; set; }

    public void Count(NodeCounters counters)
    {
        if (IsAdopted && Counters == new NodeCounters())
        {
            FirstCounters = counters;
        }

        Counters = counters;
    }

    /// <param name="said">What a predecessor's process said of its end, if it did.</param>
    public void End(LastWords? said = null)
    {
        HasEnded = true;
        ExitCode = _process?.ExitCode ?? identity?.ExitCodeLeft ?? said?.ExitCode;
        Cause ??= said?.Cause;
        _process?.Dispose();
        _process = null;
    }
}
