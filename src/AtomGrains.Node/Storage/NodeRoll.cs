using System.Text.Json;
using AtomGrains.Core.Membership;

namespace AtomGrains.Node.Storage;

/// <summary>
/// <c>processes/NODE.json</c>: every node process that a run ever had, written before the process is told that it is one.
/// A supervisor finds those of its predecessor there, and never gives an id twice.
/// </summary>
public sealed class NodeRoll(string folder)
{
    public const string FolderName = "processes";

    private readonly FileRegister _register = new(folder, FolderName);

    /// <summary>All, in the order of their ids.</summary>
    public IReadOnlyList<NodeRollEntry> Entries =>
        [.. _register.Generations().Select(id => JsonSerializer.Deserialize(_register.Read(id), StorageJson.Default.NodeRollEntry)!)];

    /// <exception cref="InvalidOperationException">The id was given before.</exception>
    public void Add(NodeRollEntry entry)
    {
        if (!_register.TryCreate(new Generation(entry.Node), JsonSerializer.SerializeToUtf8Bytes(entry, StorageJson.Default.NodeRollEntry)))
        {
            throw new InvalidOperationException($"node {entry.Node} was there before");
        }
    }
}

/// <summary>One node process of a run.</summary>
/// <param name="Slot">The worker's number.</param>
/// <param name="Started">Whoever watches it may not have been there.</param>
public sealed record NodeRollEntry(int Node, int Slot, ProcessIdentity Process, DateTimeOffset Started);
