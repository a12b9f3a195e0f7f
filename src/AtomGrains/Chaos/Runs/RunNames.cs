using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Chaos.Runs;

/// <summary>
/// The ledger's names of a run's nodes, from what is in its folder: a supervisor has its nodes on a roll; of silos, each
/// marks which node it is, and the register says which worker that has been.
/// </summary>
/// <param name="folder">The run folder.</param>
internal sealed class RunNames(string folder)
{
    private IReadOnlyList<NodeRollEntry> Roll => Directory.Exists(Path.Combine(folder, NodeRoll.FolderName)) ? new NodeRoll(folder).Entries : [];

    /// <summary>The node that a living process is; null when it is none, or was no member yet.</summary>
    public string? OfProcess(int pid)
    {
        if (Roll.LastOrDefault(entry => entry.Process.Pid == pid) is { } entry)
        {
            return Recovery.NameOf(new NodeId(entry.Node), entry.Slot);
        }

        return LaneMark.NodesOf(folder, pid) is [.., var node] ? OfNode(new NodeId(node), null) : null;
    }

    /// <param name="worker">Which it is, where that is known; else it is looked for.</param>
    /// <returns>Null for one that never was a member.</returns>
    public string? OfNode(NodeId node, int? worker)
    {
        var slot = Roll.FirstOrDefault(entry => entry.Node == node.Value)?.Slot ?? worker ?? SlotOf(node);
        return slot is { } number ? Recovery.NameOf(node, number) : null;
    }

    private int? SlotOf(NodeId node)
    {
        var register = new FileRegister(folder);
        return register.Generations().Reverse()
            .SelectMany(generation => JsonSerializer.Deserialize(register.Read(generation), LocalJson.Default.View)!.Members.Where(member => member.Node == node))
            .Select(member => (int?)member.Slot).FirstOrDefault();
    }
}
