using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;

namespace AtomGrains.Local;

/// <summary>What a supervisor finds of its predecessors: the register's newest view, and the processes that still live.</summary>
/// <param name="View">The view to take over; null where no node lives, and nothing is left that a view could speak of.</param>
/// <param name="Last">The register's newest view, whether it is taken over or not; null where it has none.</param>
/// <param name="Taken">The newest generation of the register.</param>
/// <param name="Deaths">Of its newest view, where that is not taken over: lanes that end their workers are not forgotten with it.</param>
/// <param name="Nodes">Those that live, and the members of the view that have ended.</param>
/// <param name="NewestNode">The highest id that was ever given.</param>
/// <param name="LastSign">When the predecessor was last seen to do anything.</param>
internal sealed record Inheritance(
    NodeRoll Roll, View? View, View? Last, Generation Taken, IReadOnlyList<LaneDeath> Deaths, IReadOnlyList<NodeRollEntry> Nodes, int NewestNode, DateTimeOffset LastSign)
{
    /// <summary>Whether a node process of the run in this folder lives.</summary>
    public static bool IsAlive(string folder) => new NodeRoll(folder).Entries.Any(entry => entry.Process.IsAlive);

    /// <summary>The share of audited lanes in the newest view; null where there is none.</summary>
    public static double? AuditShareOf(string folder) => Newest(new FileRegister(folder))?.AuditShare;

    public static Inheritance Of(string folder, FileRegister register)
    {
        var roll = new NodeRoll(folder);
        var entries = roll.Entries;
        var living = entries.Where(entry => entry.Process.IsAlive).Select(entry => entry.Node).ToHashSet();
        var last = Newest(register);
        var view = living.Count > 0 ? last : null;
        return new Inheritance(
            roll,
            view,
            last,
            last?.Generation ?? Generation.None,
            view is null && last is not null ? last.Deaths : [],
            [.. entries.Where(entry => living.Contains(entry.Node) || (view?.IsMember(new NodeId(entry.Node)) ?? false))],
            entries.Count == 0 ? 0 : entries[^1].Node,
            LastSignIn(folder));
    }

    /// <summary>The register's newest view; null where it has none.</summary>
    public static View? Newest(FileRegister register) =>
        register.Newest() is { } found ? JsonSerializer.Deserialize(found.Record, LocalJson.Default.View) : null;

    private static DateTimeOffset LastSignIn(string folder) => new[] { RunStatus.FileName, RunFolder.MetricsFileName }
        .Select(name => new FileInfo(Path.Combine(folder, name)))
        .Where(file => file.Exists)
        .Select(file => new DateTimeOffset(file.LastWriteTimeUtc))
        .DefaultIfEmpty(DateTimeOffset.UtcNow)
        .Max();
}
