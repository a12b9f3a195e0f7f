using System.Globalization;
using System.Text;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Storage;

namespace AtomGrains.Grains.Runs;

/// <summary>
/// The node ids of a run, given once each whoever coordinates: an id that was fenced can never become valid again. Each
/// is kept with its place, for a successor that has to know whose nodes a dead silo takes along.
/// </summary>
internal sealed class NodeNumbers(string folder)
{
    public const string FolderName = "nodes";

    private readonly FileRegister _register = new(folder, FolderName);

    public int Given => _register.Generations().Count;

    /// <param name="ordinal">Which device of the set of silos it is, whatever silo has it now.</param>
    public NodeId Take(string silo, int? child, int ordinal)
    {
        var place = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{silo} {ordinal}{(child is null ? "" : " ")}{child}"));
        var number = _register.Newest()?.Generation ?? Generation.None;
        do
        {
            number = number.Next;
        }
        while (!_register.TryCreate(number, place));
        return new NodeId((int)number.Value);
    }

    /// <summary>The seats of these nodes, as far as they were given here.</summary>
    public IEnumerable<(NodeId Node, Seat Seat)> Recall(IEnumerable<Member> members, TimeSpan now)
    {
        var numbers = _register.Generations().ToHashSet();
        foreach (var member in members.Where(member => numbers.Contains(NumberOf(member))))
        {
            var words = PlaceOf(NumberOf(member));
            int? child = words.Length > 2 ? int.Parse(words[2], CultureInfo.InvariantCulture) : null;
            yield return (member.Node, new Seat(member.Slot, words[0], now, child));
        }
    }

    /// <summary>Which device of the set of silos a node had; null for one that was given elsewhere.</summary>
    public int? OrdinalOf(NodeId node) =>
        _register.Generations().Contains(new Generation(node.Value)) ? int.Parse(PlaceOf(new Generation(node.Value))[1], CultureInfo.InvariantCulture) : null;

    /// <summary>The silo that a node was given to; null for one that was given elsewhere.</summary>
    public string? SiloOf(NodeId node) => _register.Generations().Contains(new Generation(node.Value)) ? PlaceOf(new Generation(node.Value))[0] : null;

    private string[] PlaceOf(Generation number) => Encoding.ASCII.GetString(_register.Read(number)).Split(' ');

    private static Generation NumberOf(Member member) => new(member.Node.Value);
}
