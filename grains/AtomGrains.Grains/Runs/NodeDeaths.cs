using System.Globalization;
using System.Text;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Storage;

namespace AtomGrains.Grains.Runs;

/// <summary>
/// Processes that ended in the middle of a lane, as whoever started them saw it: no silo sees how another one ended. In
/// the run folder, a record a node, since the coordinator that is to hear of it may be the one that ended.
/// </summary>
public sealed class NodeDeaths(string folder)
{
    public const string FolderName = "deaths";

    private readonly FileRegister _register = new(folder, FolderName);
    private readonly HashSet<Generation> _told = [];

    /// <summary>Takes away what was recorded for the coordinators of a run that is over.</summary>
    public static void Forget(string folder)
    {
        if (Directory.Exists(Path.Combine(folder, FolderName)))
        {
            Directory.Delete(Path.Combine(folder, FolderName), recursive: true);
        }
    }

    public void Record(NodeId node, NodeDeath death) => _register.TryCreate(
        new Generation(node.Value),
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{(death.IsOwnDoing ? "itself" : "outside")} {death.Step} {death.Lane}")));

    /// <summary>Those that were not returned before.</summary>
    public IReadOnlyList<(NodeId Node, NodeDeath Death)> News() => [.. _register.Generations().Where(_told.Add).Select(Read)];

    private (NodeId, NodeDeath) Read(Generation number)
    {
        var words = Encoding.ASCII.GetString(_register.Read(number)).Split(' ');
        var death = new NodeDeath(words[0] == "itself", long.Parse(words[1], CultureInfo.InvariantCulture), int.Parse(words[2], CultureInfo.InvariantCulture));
        return (new NodeId((int)number.Value), death);
    }
}
