using System.Globalization;
using System.Text;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Storage;

namespace AtomGrains.Grains.Runs;

/// <summary>
/// Which ordered faults have struck, when and whom: taken once each, in the run folder, since whoever is struck may
/// never say another word and whoever should remember may be the one that is struck.
/// </summary>
public sealed class StruckFaults(string folder)
{
    public const string FolderName = "struck";

    private readonly FileRegister _register = new(folder, FolderName);

    /// <summary>Notes that an order strikes; false when it has before.</summary>
    public bool TryStrike(int order, NodeId node, DateTimeOffset at) => _register.TryCreate(
        new Generation(order + 1),
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{node.Value} {at.UtcDateTime:O}")));

    /// <summary>Numbers of the orders that have struck.</summary>
    public IReadOnlySet<int> Orders => _register.Generations().Select(number => (int)number.Value - 1).ToHashSet();

    /// <summary>The newest order that struck a node.</summary>
    public (int Order, DateTimeOffset At)? Of(NodeId node)
    {
        foreach (var number in _register.Generations().Reverse())
        {
            var words = Encoding.ASCII.GetString(_register.Read(number)).Split(' ');
            if (words[0] == node.Value.ToString(CultureInfo.InvariantCulture))
            {
                return ((int)number.Value - 1, DateTimeOffset.Parse(words[1], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));
            }
        }

        return null;
    }
}
