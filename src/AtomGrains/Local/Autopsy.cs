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
        (var death, node.Cause) = Of(node.Pid, node.ExitCode, node.Cause, mark, spec);
        return death;
    }

    /// <param name="said">What the process said of its failure, if it did.</param>
    /// <returns>The death in a lane, or null; and what it died of in words, as far as there are any.</returns>
    /// <inheritdoc cref="Of(NodeHandle, string, RunSpec)"/>
    public static (NodeDeath? Death, string? Cause) Of(int process, int? exitCode, string? said, string mark, RunSpec spec)
    {
        var cause = said ?? FaultNames.CauseOf(exitCode);
        if (LaneMark.Read(mark, process) is not { } work)
        {
            return (null, cause);
        }

        File.Delete(mark);
        var death = new NodeDeath(FaultNames.IsOwnFailure(exitCode), work.Step, work.Lane);
        return (death, death.IsOwnDoing ? $"{cause ?? $"ended with exit code {exitCode}"} while computing {LaneNames.Of(spec, death.Step, [death.Lane])}" : cause);
    }
}
