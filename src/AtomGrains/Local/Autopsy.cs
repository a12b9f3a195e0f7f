using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Workers;

namespace AtomGrains.Local;

/// <summary>What a process died of, from its exit status and from the lane that it was in the middle of.</summary>
internal static class Autopsy
{
    /// <summary>The death in a lane, or null; the node's cause says so in words for the ledger.</summary>
    /// <param name="node">Has ended.</param>
    /// <param name="mark">The process's <see cref="LaneMark"/>, which is read once.</param>
    public static NodeDeath? Of(NodeHandle node, string mark, RunSpec spec)
    {
        node.Cause ??= FaultNames.CauseOf(node.ExitCode);
        if (LaneMark.Read(mark, node.Pid) is not { } work)
        {
            return null;
        }

        File.Delete(mark);

        var death = new NodeDeath(FaultNames.IsOwnFailure(node.ExitCode), work.Step, work.Lane);
        if (death.IsOwnDoing)
        {
            node.Cause = $"{node.Cause ?? $"ended with exit code {node.ExitCode}"} while computing {LaneNames.Of(spec, death.Step, [death.Lane])}";
        }

        return death;
    }
}
