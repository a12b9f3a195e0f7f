using System.Globalization;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Local;

/// <summary>
/// Nodes that were without a supervisor for too long write down what they hold, and end. Whoever comes while they do goes on
/// from what all of them leave: those that still live would be taken over without the copies of those that do not.
/// </summary>
internal static class OrphanedNodes
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    // Their grace is over, so it is for what they write, however busy the machine is.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(35);

    /// <summary>Returns when none of the newest view lives any more, at once where none of it has begun to leave.</summary>
    /// <param name="view">The register's newest.</param>
    /// <param name="note">Tells a person that it waits.</param>
    public static void AwaitEnds(string folder, View? view, Action<string> note)
    {
        var members = new NodeRoll(folder).Entries.Where(entry => view?.IsMember(new NodeId(entry.Node)) ?? false).ToList();
        var living = members.FindAll(entry => entry.Process.IsAlive);
        if (living.Count == 0 || !members.Exists(entry => HasBegun(folder, entry.Node)))
        {
            return;
        }

        note($"waits for the end of {living.Count} nodes that were without a supervisor for too long (processes {string.Join(", ", living.Select(entry => entry.Process.Pid))})");
        for (var deadline = DateTimeOffset.UtcNow + Longest; living.Exists(entry => entry.Process.IsAlive) && DateTimeOffset.UtcNow < deadline; Thread.Sleep(Look))
        {
            // It does not know yet how late it is.
            living.FindAll(entry => entry.Process.IsAlive && ProcessStat.IsPaused(entry.Process.Pid)).ForEach(entry => Signals.Send(entry.Process.Pid, Signals.Continue));
        }
    }

    // The folder is there before the first file in it.
    private static bool HasBegun(string folder, int node) =>
        Directory.Exists(Path.Combine(folder, OrphanRecord.FolderName, node.ToString(CultureInfo.InvariantCulture)));
}
