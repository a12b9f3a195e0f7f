using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;

namespace AtomGrains.Node.Storage;

/// <summary>
/// Which ordered faults have struck, when and whom: taken once each, in the run folder, since whoever is struck may
/// never say another word and whoever should remember may be the one that is struck.
/// </summary>
/// <param name="folder">The run folder.</param>
/// <param name="register">What <see cref="RegisterOf"/> says of the plan.</param>
public sealed class StruckFaults(string folder, string register)
{
    public const string FolderName = "struck";

    private readonly FileRegister _register = new(folder, register);

    public StruckFaults(string folder, FaultPlan plan)
        : this(folder, RegisterOf(plan))
    {
    }

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

    /// <summary>Where in the run folder it is noted what has struck of a plan: a run may be resumed with another one, in which the numbers mean something else.</summary>
    public static string RegisterOf(FaultPlan plan)
    {
        var text = string.Join(' ', plan.Orders);
        return Path.Combine(FolderName, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]);
    }

    /// <summary>How a node is called here.</summary>
    public static string NameOf(NodeId node) => node.Value.ToString(CultureInfo.InvariantCulture);
}
