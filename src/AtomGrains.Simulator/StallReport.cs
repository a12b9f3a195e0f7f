using System.Globalization;
using System.Text;
using AtomGrains.Core.Protocol.Partitions;

namespace AtomGrains.Simulator;

/// <summary>Says in words where a simulation stands, for one that has come to a halt.</summary>
internal static class StallReport
{
    public static string Of(SimulatedCluster cluster)
    {
        var text = new StringBuilder();
        var machine = cluster.Coordinator.Machine;
        Append($"the coordinator is at step {machine.Step}, {machine.View?.Generation}, {(machine.IsInstalled ? "in force" : "not in force")}");
        if (machine.View is { } view)
        {
            Append($", lanes {string.Join(" ", view.LaneOwners)}");
        }

        foreach (var node in cluster.LivingNodes)
        {
            Append($"\n  {node.Id} ({machine.StandingOf(node.Id)?.ToString() ?? "unknown"}{(node.IsPaused ? ", paused" : "")}) ");
            Append($"{node.Machine.Generation}, worker at step {node.Machine.Step?.Step.ToString(CultureInfo.InvariantCulture) ?? "none"}{(node.IsBusy ? ", computing" : "")}");
            foreach (var (partition, replica) in node.Machine.Replicas)
            {
                Append($"; {partition} {replica.Role} at {replica.State.Version?.ToString(CultureInfo.InvariantCulture) ?? "none"}{Waiting(replica)}");
            }
        }

        return text.ToString();

        void Append(string part) => text.Append(part);
    }

    private static string Waiting(PartitionReplica replica)
    {
        var waits = replica.MissingLanes.Select(node => node.ToString()).Concat(replica.Awaited.Select(node => $"acknowledgement of {node}"))
            .Concat(replica.AwaitedAuditors.Select(node => $"an audited lane of {node}")).ToList();
        return replica.Seal is not null ? " sealed" : waits.Count > 0 ? $" waits for {string.Join(", ", waits)}" : "";
    }
}
