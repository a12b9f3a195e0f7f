using System.Globalization;
using System.Text;
using AtomGrains.Core.Membership;

namespace AtomGrains.Node.Storage;

/// <summary>
/// Which ordered faults have struck, when and whom: taken once each, in the run folder, since whoever is struck may
/// never say another word and whoever should remember may be the one that is struck.
/// </summary>
/// <param name="name">Of the register; another plan of faults has another one.</param>
public sealed class StruckFaults(string folder, string name = StruckFaults.FolderName)
{
    public const string FolderName = "struck";

    private readonly FileRegister _register = new(folder, name);

    /// <summary>Numbers of the orders that have struck.</summary>
    public IReadOnlySet<int> Orders => _register.Generations().Select(number => (int)number.Value - 1).ToHashSet();

    /// <summary>Notes that an order strikes; false when it has before.</summary>
    public bool TryStrike(int order, NodeId node, DateTimeOffset at) => TryStrike(order, NameOf(node), at);

    /// <summary>The same for who is no node.</summary>
    /// <param name="who">Without blanks.</param>
    public bool TryStrike(int order, string who, DateTimeOffset at) => _register.TryCreate(
        new Generation(order + 1),
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{who} {at.UtcDateTime:O}")));

    /// <summary>The newest order that struck a node.</summary>
    public (int Order, DateTimeOffset At)? Of(NodeId node) => Of(NameOf(node));

    /// <summary>The newest order that struck somebody who is no node.</summary>
    public (int Order, DateTimeOffset At)? Of(string who)
    {
        foreach (var number in _register.Generations().Reverse())
        {
            var words = Encoding.ASCII.GetString(_register.Read(number)).Split(' ');
            if (words[0] == who)
            {
                return ((int)number.Value - 1, DateTimeOffset.Parse(words[1], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));
            }
        }

        return null;
    }

    /// <summary>Whom an order that has struck did strike: a node's number, or the name of who is no node.</summary>
    public string Whom(int order) => Encoding.ASCII.GetString(_register.Read(new Generation(order + 1))).Split(' ')[0];

    /// <summary>How a node is called here.</summary>
    public static string NameOf(NodeId node) => node.Value.ToString(CultureInfo.InvariantCulture);
}
