using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Local;

/// <summary>
/// The node processes of a run: started as new programs (a fork after a multi-threaded operator would hang), counted,
/// and ended. Process ids are this machine's affair; the protocol knows node ids alone.
/// </summary>
/// <param name="roll">All that the run ever had, by which a successor finds those that live.</param>
/// <param name="first">The first process's id; the others follow.</param>
internal sealed class NodeTable(NodeRoll roll, NodeId first, Func<NodeId, int, NodeAssignment> assign, IReadOnlyDictionary<string, string> environment, Action<NodeHandle> ended)
{
    private readonly SortedDictionary<NodeId, NodeHandle> _nodes = [];
    private int _next = first.Value;

    public IEnumerable<NodeHandle> All => _nodes.Values;

    public IEnumerable<NodeHandle> Running => _nodes.Values.Where(node => !node.HasEnded);

    /// <summary>Predecessors' processes included.</summary>
    public int Started => roll.Entries.Count;

    public NodeHandle? Find(NodeId id) => _nodes.GetValueOrDefault(id);

    public NodeCounters Counters => _nodes.Values.Aggregate(new NodeCounters(), (sum, node) => sum.Plus(node.Counters));

    /// <summary>Since this supervisor began.</summary>
    public long LanesRecomputed => _nodes.Values.Sum(node => node.Counters.LanesRecomputed - node.FirstCounters.LanesRecomputed);

    public long PeakRssBytes => _nodes.Values.Max(node => (long?)node.PeakRssBytes) ?? 0;

    /// <returns>Why the system has not started one; null when it has.</returns>
    public string? Start(int slot)
    {
        var id = new NodeId(_next++);
        var process = new Process { StartInfo = StartInfo(), EnableRaisingEvents = true };
        try
        {
            process.Start();
        }
        catch (Win32Exception error)
        {
            process.Dispose();
            return error.Message;
        }

        var identity = ProcessIdentity.Of(process.Id);
        var handle = new NodeHandle(id, slot, process, identity, DateTimeOffset.UtcNow);
        _nodes.Add(id, handle);
        process.Exited += (_, _) => ended(handle);
        try
        {
            if (identity is not null)
            {
                // Before it has its orders: who was never told that it is a node ends by itself.
                roll.Add(new NodeRollEntry(id.Value, slot, identity, handle.Started));
            }

            OwnProgram.Tell(process, assign(id, slot), AssignmentJson.Default.NodeAssignment);
        }
        catch (IOException)
        {
            // It could not be written down, with no space left, and so it must not become one.
            OwnProgram.Close(process);
        }

        return null;
    }

    /// <summary>Takes over a process that a predecessor started, or the memory of one.</summary>
    public NodeHandle Adopt(NodeRollEntry entry)
    {
        var handle = new NodeHandle(new NodeId(entry.Node), entry.Slot, null, entry.Process, entry.Started);
        _nodes.Add(handle.Id, handle);
        return handle;
    }

    /// <summary>Notices adopted processes that have ended, of which the system tells their parent alone.</summary>
    public void LookForAdopted()
    {
        foreach (var node in Running.Where(node => node.IsAdopted && !node.IsAlive).ToList())
        {
            ended(node);
        }
    }

    /// <summary>Ends whatever is left, paused processes included.</summary>
    public void KillAll()
    {
        foreach (var node in Running.Where(node => node.IsAlive))
        {
            Signals.Send(node.Pid, Signals.Kill);
        }
    }

    /// <summary>Reads the peak resident set of each living process.</summary>
    public void SampleMemory()
    {
        foreach (var node in Running)
        {
            node.PeakRssBytes = Math.Max(node.PeakRssBytes, PeakRss(node.Pid));
        }
    }

    /// <summary>Peak resident set of a process in bytes; 0 when it is gone. Source: VmHWM of proc(5).</summary>
    public static long PeakRss(int pid)
    {
        try
        {
            var line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line[6..^2].Trim(), CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Whether a process is there and not stopped by a signal. Source: the state in /proc/PID/stat of proc(5).</summary>
    public static bool IsRunnable(int pid)
    {
        try
        {
            return ProcessStat.Fields(pid)[ProcessStat.State] is not ("T" or "t" or "Z" or "X");
        }
        catch (IOException)
        {
            return false;
        }
    }

    private ProcessStartInfo StartInfo()
    {
        var info = OwnProgram.StartInfo(environment, "worker");
        info.RedirectStandardInput = true;
        return info;
    }
}
