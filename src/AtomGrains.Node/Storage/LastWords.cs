using System.Text.Json;
using AtomGrains.Core.Membership;

namespace AtomGrains.Node.Storage;

/// <summary>
/// <c>last-words/NODE.json</c>: why a node process ends, written by itself just before it does. The system tells a process's
/// exit code to its parent alone, and a node may have outlived the supervisor that was it.
/// </summary>
/// <param name="ExitCode">With which it is about to end.</param>
/// <param name="Cause">What failed; null where nothing did.</param>
public sealed record LastWords(int ExitCode, string? Cause)
{
    public const string FolderName = "last-words";

    /// <summary>A failure in a line.</summary>
    public static string CauseOf(Exception error) => $"{error.GetType().Name}: {error.Message.Split('\n')[0]}";

    /// <exception cref="IOException">The run folder cannot be written.</exception>
    public void Write(string folder, NodeId node) => new FileRegister(folder, FolderName)
        .TryCreate(new Generation(node.Value), JsonSerializer.SerializeToUtf8Bytes(this, StorageJson.Default.LastWords));

    /// <summary>Null for a node that ended without a word.</summary>
    public static LastWords? Read(string folder, NodeId node)
    {
        var (register, number) = (new FileRegister(folder, FolderName), new Generation(node.Value));
        return register.Generations().Contains(number) ? JsonSerializer.Deserialize(register.Read(number), StorageJson.Default.LastWords) : null;
    }
}
