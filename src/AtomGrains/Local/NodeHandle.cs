using System.Diagnostics;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Node.Storage;

namespace AtomGrains.Local;

/// <summary>A node process as its supervisor sees it.</summary>
internal sealed class NodeHandle(NodeId id, int slot, Process process, DateTimeOffset started)
{
    public NodeId Id { get; } = id;

    public int Slot { get; } = slot;

    public Process Process { get; } = process;

    public int Pid { get; } = process.Id;

    public DateTimeOffset Started { get; } = started;

    /// <summary>When anything was heard from it last.</summary>
    public DateTimeOffset LastHeard { get; set; } = started;

    /// <summary>Null while it runs.</summary>
    public int? ExitCode { get; set; }

    public bool IsReady { get; set; }

    /// <summary>It was told to end, or asked to.</summary>
    public bool Leaves { get; set; }

    /// <summary>The ordered fault that struck it last.</summary>
    public OrderedStrike? Strike { get; set; }

    /// <summary>What it said of its failure, if it did.</summary>
    public string? Cause { get; set; }

    public NodeCounters Counters { get; set; } = new();

    public long PeakRssBytes { get; set; }
}
