using System.Text.Json.Nodes;

namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>What <c>status --json</c> says of a run.</summary>
internal sealed record RunStatus(JsonObject Json)
{
    public long Step => (long)Json["step"]!;

    /// <summary>Of the newest complete checkpoint; -1 when there is none.</summary>
    public long CheckpointStep => (long?)Json["checkpoint_step"] ?? -1;

    public long Generation => (long)Json["generation"]!;

    /// <summary>The silo's process that hosts the coordinator; null where none says so.</summary>
    public int? CoordinatorPid => (int?)Json["coordinator_pid"];

    /// <summary>Whose word this is; null when it names no supervisor.</summary>
    public int? SupervisorPid => Json["processes"]!.AsArray().Where(process => (string)process!["role"]! == "supervisor").Select(process => (int?)process!["pid"]).SingleOrDefault();

    public IReadOnlyList<NodeStatus> Nodes { get; } =
        [.. Json["processes"]!.AsArray().Where(process => (string)process!["role"]! == "node").Select(process => new NodeStatus(
            (int)process!["pid"]!,
            (int)process["worker"]!,
            [.. process["lanes"]!.AsArray().Select(lane => (int)lane!)],
            [.. process["partitions"]!.AsArray().Select(partition => (int)partition!)],
            (string)process["state"]!))];

    /// <summary>Nodes that own lanes and are well.</summary>
    public IReadOnlyList<NodeStatus> Running => [.. Nodes.Where(node => node.State == "running")];

    public NodeStatus Worker(int number) => Running.Single(node => node.Worker == number);
}

/// <summary>One node process in it.</summary>
internal sealed record NodeStatus(int Pid, int Worker, IReadOnlyList<int> Lanes, IReadOnlyList<int> Partitions, string State);
